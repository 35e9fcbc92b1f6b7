import FoundationEssentials
import Vault
import VaultAgent

extension AgentStatus {
    /// For `status`; what is told of the vault only while it is unlocked.
    func lines(now: Date) -> [(label: String, cell: Cell)] {
        let own: [(label: String, cell: Cell)] = [
            ("agent pid", .number(Int64(pid))), ("agent version", .text(version)),
            ("memory locked", memoryIsLocked ? .word("yes", .good) : .word("no", .doubtful)),
            ("connections", .number(Int64(connections))), ("other vaults", .number(Int64(otherVaults))),
        ]
        guard let unlocked else { return own + (lockedBecause.map { [("locked because", .text($0))] } ?? []) }
        return own + [
            ("unlocked", .time(unlocked.since)),
            ("locks when idle", .time(now.addingTimeInterval(unlocked.idleLeft))),
            ("locks at the latest", .time(now.addingTimeInterval(unlocked.absoluteLeft))),
            ("issued", .number(Int64(unlocked.issued))), ("renewed ahead", .number(Int64(unlocked.renewedAhead))),
            ("trouble", .text(unlocked.trouble)),
        ] + unlocked.deliveries.map { ($0.key.rawValue, .text($0.line)) }
    }

    /// The fields of the agent's object; those of the vault are null while it is locked.
    func write(to json: inout JSONText, now: Date) {
        json.field("connections", Int64(connections))
        if let unlocked {
            json.field("deliveries", unlocked.deliveries) { json, delivery in json.object(delivery.write) }
        } else {
            json.field("deliveries", nil as String?)
        }
        json.field("idleLimit", unlocked.map { Int64($0.idleLimit) })
        json.field("idleLocksAt", unlocked.map { now.addingTimeInterval($0.idleLeft) })
        json.field("issued", unlocked.map { Int64($0.issued) })
        if let lockedBecause { json.field("lockedBecause", lockedBecause) }
        json.field("locksAt", unlocked.map { now.addingTimeInterval($0.absoluteLeft) })
        json.field("memoryIsLocked", memoryIsLocked)
        json.field("otherVaults", Int64(otherVaults))
        json.field("pid", Int64(pid))
        json.field("renewedAhead", unlocked.map { Int64($0.renewedAhead) })
        json.field("trouble", unlocked?.trouble)
        json.field("unlockedAt", unlocked?.since)
        json.field("version", version)
    }
}

extension Delivery {
    fileprivate var line: String {
        let counts = "\(sent) sent, \(failed) failed, \(dropped) dropped"
        return lastError.map { "\(counts); last error: \($0)" } ?? counts
    }

    fileprivate func write(to json: inout JSONText) {
        json.field("dropped", Int64(dropped))
        json.field("failed", Int64(failed))
        json.field("key", key.rawValue)
        json.field("lastError", lastError)
        json.field("sent", Int64(sent))
    }
}
