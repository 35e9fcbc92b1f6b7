public import FoundationEssentials

/// Trades a credential for a token. One provider for each kind of token service.
public protocol CredentialProvider: Sendable {
    /// Asks for a token with a client secret, past every cache.
    ///
    /// - Parameter secret: as the provider gave it; it is sent to the grant's authority and nowhere else.
    /// - Throws: ``VaultError`` of code `refused` with the ``ProviderRefusal``, `tryAgain` when throttled,
    ///   `unavailable` when nobody answered or not as a token endpoint, `usage` for a grant that cannot be sent.
    ///   No part of it holds the secret or a token.
    func accessToken(
        for grant: GrantRequest, secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken
}

/// What a client-credentials grant is asked with, but for the secret (RFC 6749, section 4.4).
public struct GrantRequest: Sendable, Equatable {
    /// `https` address of the token service, with or without a trailing slash.
    public var authority: String
    /// Directory id or verified domain.
    public var tenant: String
    public var clientID: String
    public var audience: Audience
    /// Our own id of this request, a fresh UUID; the provider's support finds the request by it.
    public var correlationID: String

    public init(
        authority: String, tenant: String, clientID: String, audience: Audience,
        correlationID: String = UUID().uuidString.lowercased()
    ) {
        self.authority = authority
        self.tenant = tenant
        self.clientID = clientID
        self.audience = audience
        self.correlationID = correlationID
    }
}

/// A token as it came from the provider, not yet on the record.
public struct AccessToken: ~Copyable, Sendable {
    public let value: SecretBytes
    /// `Bearer`.
    public let tokenType: String
    /// When the request for it went out: the provider's clock starts no earlier.
    public let issuedAt: Date
    public let expiresAt: Date
    /// The token's own id (`uti`), read from it unverified; nil where it has none.
    public let tokenID: String?
    /// The id that the request went by at the provider.
    public let correlationID: String?
    /// The provider's id of the request.
    public let traceID: String?

    public init(
        value: consuming SecretBytes, tokenType: String, issuedAt: Date, expiresAt: Date, tokenID: String?,
        correlationID: String?, traceID: String?
    ) {
        self.value = value
        self.tokenType = tokenType
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.tokenID = tokenID
        self.correlationID = correlationID
        self.traceID = traceID
    }

    /// The token alone.
    public consuming func takeValue() -> SecretBytes { value }
}
