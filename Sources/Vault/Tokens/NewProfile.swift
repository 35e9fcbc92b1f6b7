public import FoundationEssentials

/// A profile to be stored, with its credential.
public struct NewProfile: ~Copyable, Sendable {
    public var name: ProfileName
    public var destination: Destination
    /// Nil: found from the destination's workspace.
    public var tenant: String?
    public var clientID: String
    public var secret: SecretBytes
    public var secretExpiresAt: Date?
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
        secret: consuming SecretBytes, secretExpiresAt: Date? = nil, audience: Audience? = nil,
        subscription: String? = nil, tags: [Tag] = [], about: String? = nil, checks: Bool = true,
        discoversSubscription: Bool = false
    ) {
        self.name = name
        self.destination = destination
        self.tenant = tenant
        self.clientID = clientID
        self.secret = secret
        self.secretExpiresAt = secretExpiresAt
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
