internal import Vault
internal import VaultProtos

extension AudienceChoice {
    var message: AgentRequest.AudienceChoice {
        var message = AgentRequest.AudienceChoice()
        switch self {
        case .resource(let resource): message.choice = .resource(resource)
        case .scope(let scope): message.choice = .scope(scope)
        }
        return message
    }

    /// - Throws: code `usage` when it is neither of the two.
    init(_ message: AgentRequest.AudienceChoice) throws(VaultError) {
        switch message.choice {
        case .resource(let resource): self = .resource(resource)
        case .scope(let scope): self = .scope(scope)
        case nil: throw VaultError(.usage, "the audience is neither a resource nor a scope")
        }
    }
}
