internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension TokenDetails {
    var message: AgentAnswer.TokenDetails {
        var message = AgentAnswer.TokenDetails()
        message.profile = profile.description
        message.tenant = tenant
        message.clientID = clientID
        message.subscription = subscription ?? ""
        message.workspace = workspace ?? ""
        message.scope = audience.scope
        message.tokenType = tokenType
        message.issued = issuedAt.milliseconds
        message.expires = expiresAt.milliseconds
        message.source = source.rawValue
        message.auditSequence = auditSequence
        message.warning = warning ?? ""
        return message
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.TokenDetails) {
        guard let profile = try? ProfileName(message.profile), let audience = try? Audience(scope: message.scope),
            let issued = try? Date(checked: message.issued), let expires = try? Date(checked: message.expires),
            let source = TokenSource(rawValue: message.source)
        else { return nil }
        self.init(
            profile: profile, tenant: message.tenant, clientID: message.clientID,
            subscription: message.subscription.nonEmpty, workspace: message.workspace.nonEmpty, audience: audience,
            tokenType: message.tokenType, issuedAt: issued, expiresAt: expires, source: source,
            auditSequence: message.auditSequence, warning: message.warning.nonEmpty)
    }
}
