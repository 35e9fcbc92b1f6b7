public import FoundationEssentials

/// How a service principal proves who it is.
public enum CredentialKind: String, Sendable, CaseIterable {
    /// A client secret (RFC 6749, section 2.3.1).
    case clientSecret = "client-secret"
    /// An assertion signed with the key of a certificate that is registered with the application (RFC 7523, section 2.2).
    case certificate
    /// The assertion of another identity provider that the application trusts; nothing is stored.
    case federated
}

/// How an assertion made with a certificate looks (wire reference, section 2).
public struct AssertionForm: Sendable, Equatable {
    public var algorithm: Algorithm
    /// Whether the certificates go with it (`x5c`), for applications that trust a subject name and its issuer.
    public var sendsChain: Bool

    public enum Algorithm: String, Sendable, CaseIterable {
        /// RSASSA-PSS with SHA-256, the certificate named by `x5t#S256`.
        case ps256 = "PS256"
        /// RSASSA-PKCS1-v1_5 with SHA-256, the certificate named by `x5t` (SHA-1): what AD FS understands.
        case rs256 = "RS256"
    }

    public init(algorithm: Algorithm = .ps256, sendsChain: Bool = false) {
        self.algorithm = algorithm
        self.sendsChain = sendsChain
    }
}

/// What is known of a credential without opening it.
public struct Credential: Sendable, Equatable {
    public var kind: CredentialKind
    /// The provider's id of this secret (`keyId`), where it is known; of a certificate its SHA-1 thumbprint, as the portal
    /// shows it.
    public var keyID: String?
    /// When it came into the vault.
    public var storedAt: Date
    /// When the provider stops accepting it, where that is known.
    public var expiresAt: Date?
    /// Of a certificate.
    public var assertionForm: AssertionForm?
    /// The rotation that had the provider make it; nil where it was made elsewhere. Only what this vault made is ever removed
    /// at the provider unasked.
    public var rotation: RowID?

    public init(
        kind: CredentialKind, keyID: String? = nil, storedAt: Date, expiresAt: Date? = nil,
        assertionForm: AssertionForm? = nil, rotation: RowID? = nil
    ) {
        self.kind = kind
        self.keyID = keyID
        self.storedAt = storedAt
        self.expiresAt = expiresAt
        self.assertionForm = assertionForm
        self.rotation = rotation
    }
}
