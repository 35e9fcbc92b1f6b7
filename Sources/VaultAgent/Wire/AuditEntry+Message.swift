internal import Vault
internal import VaultProtos

extension AuditEntry {
    var message: AgentAnswer.AuditEntry {
        var message = AgentAnswer.AuditEntry()
        message.sequence = sequence
        message.event = SealedAuditEvent(event)
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.AuditEntry) {
        guard message.hasEvent, let event = AuditEvent(message.event) else { return nil }
        self.init(sequence: message.sequence, event: event)
    }
}
