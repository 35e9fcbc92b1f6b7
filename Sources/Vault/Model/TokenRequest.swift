public import FoundationEssentials

/// A wish for a token.
public struct TokenRequest: Sendable, Equatable {
    public var profile: ProfileName
    /// Nil: the profile's own.
    public var audience: AudienceChoice?
    /// Nil: the profile's own.
    public var tenant: String?
    /// A cached token with less to live than this, in seconds, is not given while the provider answers.
    public var minimumLifetime: TimeInterval
    public var forceRefresh: Bool
    /// Goes into the entry.
    public var reason: String?

    /// Bytes; an entry of the record has room for so much and the rest of it.
    public static let longestReason = 1024

    public init(
        profile: ProfileName, audience: AudienceChoice? = nil, tenant: String? = nil,
        minimumLifetime: TimeInterval = 300, forceRefresh: Bool = false, reason: String? = nil
    ) {
        self.profile = profile
        self.audience = audience
        self.tenant = tenant
        self.minimumLifetime = minimumLifetime
        self.forceRefresh = forceRefresh
        self.reason = reason
    }
}
