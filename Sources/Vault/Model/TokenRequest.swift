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
    /// Whether a cached token with half of its life left will do, too: for clients that ask ahead of need, of which none
    /// can have a token that lives longer than all do.
    public var halfLifeSuffices: Bool
    public var forceRefresh: Bool
    /// Goes into the entry.
    public var reason: String?

    /// Bytes; an entry of the record has room for so much and the rest of it.
    public static let longestReason = 1024

    public init(
        profile: ProfileName, audience: AudienceChoice? = nil, tenant: String? = nil,
        minimumLifetime: TimeInterval = 300, halfLifeSuffices: Bool = false, forceRefresh: Bool = false,
        reason: String? = nil
    ) {
        self.profile = profile
        self.audience = audience
        self.tenant = tenant
        self.minimumLifetime = minimumLifetime
        self.halfLifeSuffices = halfLifeSuffices
        self.forceRefresh = forceRefresh
        self.reason = reason
    }
}

extension TokenRequest {
    /// How long a token of the cache must live yet, in seconds.
    func wantedLifetime(ofTokenIssued issuedAt: Date, expiring expiresAt: Date) -> TimeInterval {
        guard halfLifeSuffices else { return minimumLifetime }
        return min(minimumLifetime, expiresAt.timeIntervalSince(issuedAt) / 2)
    }
}
