public import FoundationEssentials

/// How a service principal proves who it is.
public enum CredentialKind: String, Sendable, CaseIterable {
    /// A client secret (RFC 6749, section 2.3.1).
    case clientSecret = "client-secret"
}

/// What is known of a credential without opening it.
public struct Credential: Sendable, Equatable {
    public var kind: CredentialKind
    /// The provider's id of this secret (`keyId`), where it is known.
    public var keyID: String?
    /// When it came into the vault.
    public var storedAt: Date
    /// When the provider stops accepting it, where that is known.
    public var expiresAt: Date?

    public init(kind: CredentialKind, keyID: String? = nil, storedAt: Date, expiresAt: Date? = nil) {
        self.kind = kind
        self.keyID = keyID
        self.storedAt = storedAt
        self.expiresAt = expiresAt
    }
}
