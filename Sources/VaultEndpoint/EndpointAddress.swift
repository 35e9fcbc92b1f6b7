public import Vault

/// Gives a token to a client of an endpoint. May block its thread until there is an answer, so each call has one of its own.
public typealias IssueForClient =
    @Sendable (_ request: TokenRequest, _ client: Caller.Client?) async throws(VaultError) -> IssuedToken

/// Where an endpoint listens.
public enum EndpointAddress: Sendable, Equatable {
    /// An address of the loopback interface; port 0 takes one that is free. Tokens go over plain HTTP, so there is no other
    /// interface to listen on.
    case tcp(host: String, port: UInt16)
    /// A socket that this user alone can reach.
    case unix(path: String)
}
