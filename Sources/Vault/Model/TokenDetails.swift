public import FoundationEssentials

/// Everything about a token but the token.
public struct TokenDetails: Sendable, Equatable {
    public var profile: ProfileName
    public var tenant: String
    public var clientID: String
    public var subscription: String?
    public var workspace: String?
    public var audience: Audience
    public var tokenType: String
    public var issuedAt: Date
    public var expiresAt: Date
    public var source: TokenSource
    /// The entry of the audit that records this issuance.
    public var auditSequence: UInt64
    /// Why a token was given that a caller might not expect: the provider was away.
    public var warning: String?

    public init(
        profile: ProfileName, tenant: String, clientID: String, subscription: String?, workspace: String?,
        audience: Audience, tokenType: String, issuedAt: Date, expiresAt: Date, source: TokenSource,
        auditSequence: UInt64, warning: String? = nil
    ) {
        self.profile = profile
        self.tenant = tenant
        self.clientID = clientID
        self.subscription = subscription
        self.workspace = workspace
        self.audience = audience
        self.tokenType = tokenType
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
        self.source = source
        self.auditSequence = auditSequence
        self.warning = warning
    }
}

extension TokenDetails {
    /// How long before its end a token that is used is replaced, in seconds: half its life, at most 20 minutes. Below that
    /// the Databricks SDKs ask again and again (wire reference, 1.5).
    public var margin: TimeInterval { min(expiresAt.timeIntervalSince(issuedAt) / 2, 20 * 60) }

    /// Whether it lives longer than so many seconds from `now` on.
    public func lives(longerThan seconds: TimeInterval, at now: Date) -> Bool {
        expiresAt.timeIntervalSince(now) > seconds
    }
}

/// Where a token came from.
public enum TokenSource: String, Sendable {
    case cache
    case provider
    /// From the cache with less left than asked for, because the provider was away or throttled.
    case staleCache = "stale-cache"
}

/// A token in the sealed cache, without the token.
public struct CachedToken: Sendable, Equatable {
    public var profile: ProfileName
    public var tenant: String
    public var audience: Audience
    public var issuedAt: Date
    public var expiresAt: Date

    public init(profile: ProfileName, tenant: String, audience: Audience, issuedAt: Date, expiresAt: Date) {
        self.profile = profile
        self.tenant = tenant
        self.audience = audience
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}
