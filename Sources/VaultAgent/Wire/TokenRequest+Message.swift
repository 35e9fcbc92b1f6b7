internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension TokenRequest {
    var message: AgentRequest.Issue {
        var message = AgentRequest.Issue()
        message.name = profile.description
        if let audience { message.audience = audience.message }
        if let tenant { message.tenant = tenant }
        message.minimumLifetime = minimumLifetime
        message.halfLifeSuffices = halfLifeSuffices
        message.forceRefresh = forceRefresh
        if let reason { message.reason = reason }
        return message
    }

    /// - Throws: code `usage` for a name that is not allowed, or a lifetime that is none.
    init(_ message: AgentRequest.Issue) throws(VaultError) {
        self.init(
            profile: try ProfileName(message.name),
            audience: message.hasAudience ? try AudienceChoice(message.audience) : nil,
            tenant: message.hasTenant ? message.tenant : nil,
            minimumLifetime: try TimeInterval(checked: message.minimumLifetime, "lifetime asked for"),
            halfLifeSuffices: message.halfLifeSuffices, forceRefresh: message.forceRefresh,
            reason: message.hasReason ? message.reason : nil)
    }
}
