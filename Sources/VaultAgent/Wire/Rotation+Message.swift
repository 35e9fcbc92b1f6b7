internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension Rotation {
    var message: AgentAnswer.StoredRotation {
        var message = AgentAnswer.StoredRotation()
        message.id = Data(id.bytes)
        message.rotation = SealedRotation(self)
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.StoredRotation) {
        guard message.hasRotation, let id = RowID(Array(message.id)) else { return nil }
        self.init(id: id, message.rotation)
    }
}
