internal import FoundationEssentials
internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension ProfileUse {
    var message: AgentAnswer.ProfileUse {
        var message = AgentAnswer.ProfileUse()
        message.profile = Data(profile.bytes)
        if let last {
            message.last = .with {
                $0.time = last.time.milliseconds
                $0.audience = last.audience ?? ""
                $0.user = last.user
                $0.host = last.host
            }
        }
        message.recipients = recipients.map { recipient in
            .with {
                $0.user = recipient.user
                $0.host = recipient.host
                $0.executable = recipient.executable ?? ""
                $0.tokens = UInt32(clamping: recipient.tokens)
                $0.last = recipient.last.milliseconds
            }
        }
        message.otherRecipients = UInt32(clamping: otherRecipients)
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.ProfileUse) {
        guard let id = RowID(Array(message.profile)) else { return nil }
        self.init(profile: id, otherRecipients: Int(message.otherRecipients))
        if message.hasLast {
            guard let time = Date(milliseconds: message.last.time) else { return nil }
            last = LastToken(
                time: time, audience: message.last.audience.nonEmpty, user: message.last.user, host: message.last.host)
        }
        for recipient in message.recipients {
            guard let time = Date(milliseconds: recipient.last) else { return nil }
            recipients.append(
                Recipient(
                    user: recipient.user, host: recipient.host, executable: recipient.executable.nonEmpty,
                    tokens: Int(recipient.tokens), last: time))
        }
    }
}

extension AgentRequest.ProfileUses {
    /// Whose; nil: all there are.
    /// - Throws: code `usage` for an id that is none.
    func checkedProfiles() throws(VaultError) -> [RowID]? {
        guard !profiles.isEmpty else { return nil }
        return try profiles.map { (bytes) throws(VaultError) in
            guard let id = RowID(Array(bytes)) else { throw VaultError(.usage, "the id of a profile has 16 bytes") }
            return id
        }
    }

    /// - Throws: code `usage` for a time that is none.
    func checkedSince() throws(VaultError) -> Date {
        guard let time = try Date(checked: since) else { throw VaultError(.usage, "the first day is missing") }
        return time
    }
}
