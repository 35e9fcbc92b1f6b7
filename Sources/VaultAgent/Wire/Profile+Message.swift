internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension Profile {
    var message: AgentAnswer.StoredProfile {
        var message = AgentAnswer.StoredProfile()
        message.id = Data(id.bytes)
        message.profile = SealedProfile(self)
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.StoredProfile) {
        guard message.hasProfile, let id = RowID(Array(message.id)),
            let profile = try? Profile(id: id, message.profile)
        else { return nil }
        self = profile
    }
}
