public import Vault

/// Gives a token to a client of an endpoint. May block its thread until there is an answer, so each call has one of its own.
public typealias IssueForClient =
    @Sendable (_ request: TokenRequest, _ client: Caller.Client?) async throws(VaultError) -> IssuedToken

/// Where an endpoint listens.
public enum EndpointAddress: Sendable, Equatable {
    /// Port 0 takes one that is free.
    case tcp(host: String, port: UInt16)
    case unix(path: String)
}
