internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension Verification {
    var message: AgentAnswer.Verification {
        var message = AgentAnswer.Verification()
        message.profiles = UInt64(clamping: profiles)
        message.tokens = UInt64(clamping: tokens)
        message.rotations = UInt64(clamping: rotations)
        message.settings = UInt64(clamping: settings)
        message.auditEntries = auditEntries
        message.auditRoot = Data(auditRoot)
        message.anchorAgrees = anchorAgrees
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.Verification) {
        guard let profiles = Int(exactly: message.profiles), let tokens = Int(exactly: message.tokens),
            let rotations = Int(exactly: message.rotations), let settings = Int(exactly: message.settings)
        else { return nil }
        self.init(
            profiles: profiles, tokens: tokens, rotations: rotations, settings: settings,
            auditEntries: message.auditEntries, auditRoot: Array(message.auditRoot),
            anchorAgrees: message.anchorAgrees)
    }
}
