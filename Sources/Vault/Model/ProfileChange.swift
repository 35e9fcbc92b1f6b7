public import FoundationEssentials

/// What `edit` may change without the credential; nil leaves a field as it is, an empty text clears it.
public struct ProfileChange: Sendable, Equatable {
    public var tenant: String?
    public var clientID: String?
    public var audience: AudienceChoice?
    public var subscription: String?
    public var addedTags: [Tag]
    public var removedTags: [Tag]
    public var about: String?
    public var secretExpiresAt: Date?
    /// The provider's id of the credential that the date is about: learned where none is known, and otherwise the one that
    /// the profile must have.
    public var keyID: String?

    public init(
        tenant: String? = nil, clientID: String? = nil, audience: AudienceChoice? = nil, subscription: String? = nil,
        addedTags: [Tag] = [], removedTags: [Tag] = [], about: String? = nil, secretExpiresAt: Date? = nil,
        keyID: String? = nil
    ) {
        self.tenant = tenant
        self.clientID = clientID
        self.audience = audience
        self.subscription = subscription
        self.addedTags = addedTags
        self.removedTags = removedTags
        self.about = about
        self.secretExpiresAt = secretExpiresAt
        self.keyID = keyID
    }
}
