public import FoundationEssentials

/// A profile to be stored, with its credential.
public struct NewProfile: ~Copyable, Sendable {
    public var name: ProfileName
    public var destination: Destination
    /// Nil: found from the destination's workspace.
    public var tenant: String?
    public var clientID: String
    public var kind: CredentialKind
    /// The client secret, or what ``ClientCertificate/sealed`` gives; nothing for a federated credential.
    public var secret: SecretBytes
    /// Nil for a certificate, which has its own end.
    public var secretExpiresAt: Date?
    /// Of a certificate; nil for the usual one.
    public var assertionForm: AssertionForm?
    public var audience: Audience?
    public var subscription: String?
    public var tags: [Tag]
    public var about: String?
    /// Whether the credential is tried before it is stored.
    public var checks: Bool
    /// Whether the subscription is looked for in Azure Resource Manager.
    public var discoversSubscription: Bool

    public init(
        name: ProfileName, destination: Destination, tenant: String?, clientID: String,
        kind: CredentialKind = .clientSecret, secret: consuming SecretBytes, secretExpiresAt: Date? = nil,
        assertionForm: AssertionForm? = nil, audience: Audience? = nil,
        subscription: String? = nil, tags: [Tag] = [], about: String? = nil, checks: Bool = true,
        discoversSubscription: Bool = false
    ) {
        self.name = name
        self.destination = destination
        self.tenant = tenant
        self.clientID = clientID
        self.kind = kind
        self.secret = secret
        self.secretExpiresAt = secretExpiresAt
        self.assertionForm = assertionForm
        self.audience = audience
        self.subscription = subscription
        self.tags = tags
        self.about = about
        self.checks = checks
        self.discoversSubscription = discoversSubscription
    }
}

extension NewProfile {
    consuming func takeSecret() -> SecretBytes { secret }
}
