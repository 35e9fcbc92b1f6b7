internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension CachedToken {
    var message: AgentAnswer.CachedToken {
        var message = AgentAnswer.CachedToken()
        message.profile = profile.description
        message.tenant = tenant
        message.scope = audience.scope
        message.issued = issuedAt.milliseconds
        message.expires = expiresAt.milliseconds
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.CachedToken) {
        guard let profile = try? ProfileName(message.profile), let audience = try? Audience(scope: message.scope),
            let issued = try? Date(checked: message.issued), let expires = try? Date(checked: message.expires)
        else { return nil }
        self.init(
            profile: profile, tenant: message.tenant, audience: audience, issuedAt: issued, expiresAt: expires)
    }
}
