internal import Vault
internal import VaultProtos

extension CheckedProfile {
    var message: AgentAnswer.CheckedProfile {
        var message = AgentAnswer.CheckedProfile()
        message.profile = profile.description
        switch result {
        case .success(let checked):
            message.scope = checked.audience.scope
            message.tokenLifetime = checked.tokenLifetime
        case .failure(let error):
            message.failure = error.failure
        }
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.CheckedProfile) {
        guard let profile = try? ProfileName(message.profile) else { return nil }
        if message.hasFailure {
            guard let error = VaultError(message.failure) else { return nil }
            self.init(profile: profile, result: .failure(error))
        } else {
            guard let audience = try? Audience(scope: message.scope), message.tokenLifetime.isFinite else { return nil }
            let checked = CheckedCredential(
                profile: profile, audience: audience, tokenLifetime: message.tokenLifetime)
            self.init(profile: profile, result: .success(checked))
        }
    }
}
