internal import FoundationEssentials
internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension AgentStatus {
    /// Times go as whole seconds.
    var message: AgentAnswer.AgentStatus {
        var message = AgentAnswer.AgentStatus()
        message.pid = pid
        message.version = version
        message.memoryIsLocked = memoryIsLocked
        message.connections = UInt32(clamping: connections)
        message.otherVaults = UInt32(clamping: otherVaults)
        if let unlocked { message.unlocked = unlocked.message }
        message.lockedBecause = lockedBecause ?? ""
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.AgentStatus) {
        var unlocked: Unlocked?
        if message.hasUnlocked {
            guard let told = Unlocked(message.unlocked) else { return nil }
            unlocked = told
        }
        self.init(
            pid: message.pid, version: message.version, memoryIsLocked: message.memoryIsLocked,
            connections: Int(message.connections), unlocked: unlocked, otherVaults: Int(message.otherVaults),
            lockedBecause: message.lockedBecause.nonEmpty)
    }
}

extension AgentStatus.Unlocked {
    fileprivate var message: AgentAnswer.AgentStatus.Unlocked {
        var message = AgentAnswer.AgentStatus.Unlocked()
        message.since = since.milliseconds
        message.idleLimit = UInt32(seconds: idleLimit)
        message.idleLeft = UInt32(seconds: idleLeft)
        message.absoluteLeft = UInt32(seconds: absoluteLeft)
        message.issued = UInt64(clamping: issued)
        message.renewedAhead = UInt32(clamping: renewedAhead)
        message.trouble = trouble ?? ""
        message.deliveries = deliveries.map(\.message)
        return message
    }

    fileprivate init?(_ message: AgentAnswer.AgentStatus.Unlocked) {
        guard let since = try? Date(checked: message.since), let issued = Int(exactly: message.issued) else {
            return nil
        }
        var deliveries: [Delivery] = []
        for told in message.deliveries {
            guard let delivery = Delivery(told) else { return nil }
            deliveries.append(delivery)
        }
        self.init(
            since: since, idleLimit: TimeInterval(message.idleLimit), idleLeft: TimeInterval(message.idleLeft),
            absoluteLeft: TimeInterval(message.absoluteLeft), issued: issued,
            renewedAhead: Int(message.renewedAhead), trouble: message.trouble.nonEmpty,
            deliveries: deliveries)
    }
}

extension Delivery {
    fileprivate var message: AgentAnswer.AgentStatus.Delivery {
        .with { message in
            message.key = key.rawValue
            message.sent = UInt64(clamping: sent)
            message.failed = UInt64(clamping: failed)
            message.dropped = UInt64(clamping: dropped)
            message.lastError = lastError ?? ""
        }
    }

    fileprivate init?(_ message: AgentAnswer.AgentStatus.Delivery) {
        guard let key = SettingKey(rawValue: message.key), let sent = Int(exactly: message.sent),
            let failed = Int(exactly: message.failed), let dropped = Int(exactly: message.dropped)
        else { return nil }
        self.init(key: key, sent: sent, failed: failed, dropped: dropped, lastError: message.lastError.nonEmpty)
    }
}
