public import FoundationEssentials

/// Trades a credential for a token. One provider for each kind of token service.
public protocol CredentialProvider: Sendable {
    /// Asks for a token with a credential, past every cache.
    ///
    /// - Parameter secret: what the vault keeps of the credential; a client secret is sent to the grant's authority and
    ///   nowhere else, a key never leaves the process.
    /// - Throws: ``VaultError`` of code `refused` with the ``ProviderRefusal``, `tryAgain` when throttled,
    ///   `unavailable` when nobody answered or not as a token endpoint, `usage` for a grant that cannot be sent.
    ///   No part of it holds the secret or a token.
    func accessToken(
        for grant: GrantRequest, secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken
}

/// What a token is asked with, but for the secret (RFC 6749, section 4.4; RFC 8693 for Databricks' federation).
public struct GrantRequest: Sendable, Equatable {
    public var provider: Provider
    /// `https` address of the token service, with or without a trailing slash.
    public var authority: String
    /// Directory id or verified domain; empty for a provider without tenants.
    public var tenant: String
    public var clientID: String
    public var audience: Audience
    public var proof: Proof
    /// Our own id of this request, a fresh UUID; the provider's support finds the request by it.
    public var correlationID: String

    /// How the client proves who it is.
    public enum Proof: Sendable, Equatable {
        case clientSecret
        case certificate(AssertionForm)
        case federated(AssertionSource)
    }

    public init(
        provider: Provider = .entra, authority: String, tenant: String, clientID: String, audience: Audience,
        proof: Proof = .clientSecret, correlationID: String = UUID().uuidString.lowercased()
    ) {
        self.provider = provider
        self.proof = proof
        self.authority = authority
        self.tenant = tenant
        self.clientID = clientID
        self.audience = audience
        self.correlationID = correlationID
    }
}

extension GrantRequest {
    /// What a profile's tokens are asked with.
    init(_ profile: Profile, tenant: String? = nil, audience: Audience) {
        let proof: Proof =
            switch profile.credential.kind {
            case .clientSecret: .clientSecret
            case .certificate: .certificate(profile.credential.assertionForm ?? AssertionForm())
            // Without a source it is not stored; a variable without a name has no value.
            case .federated: .federated(profile.destination.assertion ?? .environment(""))
            }
        self.init(
            provider: profile.destination.provider, authority: profile.destination.tokenAuthority,
            tenant: tenant ?? profile.tenant, clientID: profile.clientID, audience: audience, proof: proof)
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
