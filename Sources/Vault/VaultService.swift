public import FoundationEssentials

/// The verbs of a vault that is unlocked.
///
/// ``Vault`` answers them in this process; an agent can answer them for a process that has no passphrase. What reveals a
/// stored secret, or changes what guards one, is not here: it is on ``Vault`` alone, so that the compiler keeps it from
/// ever being asked of an agent.
///
/// Every verb throws ``VaultError``. Every verb that changes something, and every token, is on the record before it
/// returns.
public protocol VaultService: Sendable {
    /// All profiles whose tags match every one of `tags`, by name.
    func profiles(tags: [Tag]) async throws(VaultError) -> [Profile]

    /// One profile, with what is unfinished about it.
    func profile(named name: ProfileName) async throws(VaultError) -> Profile

    /// Stores a profile and its credential; tries the credential first unless told not to.
    func add(_ new: consuming NewProfile) async throws(VaultError) -> Profile

    /// Changes what may be changed without the credential.
    func edit(_ name: ProfileName, _ change: ProfileChange) async throws(VaultError) -> Profile

    func rename(_ name: ProfileName, to newName: ProfileName) async throws(VaultError)

    /// Removes the profile, its cached tokens and what rotations keep of it.
    func remove(_ name: ProfileName) async throws(VaultError)

    /// Gives a token: from the sealed cache while it lives long enough, else from the provider.
    func issue(_ request: TokenRequest) async throws(VaultError) -> IssuedToken

    /// The tokens in the cache that still live, by profile.
    func cachedTokens() async throws(VaultError) -> [CachedToken]

    /// Takes the tokens of a profile out of the cache. They stay valid at the provider until they expire.
    /// - Returns: how many there were.
    func forgetTokens(of name: ProfileName) async throws(VaultError) -> Int

    /// Asks the provider for a token, past every cache, to learn whether the credential is accepted.
    /// - Throws: what the provider or the way to it made of it.
    func check(_ name: ProfileName) async throws(VaultError) -> CheckedCredential

    /// Replaces the credential by one made elsewhere: it is verified first, and the old one is kept for `grace` seconds.
    func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval
    ) async throws(VaultError) -> Rotation

    /// Entries of the record, oldest first unless the query says otherwise.
    func auditEntries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry]

    /// Checks everything that can be checked with the key at hand.
    /// - Throws: code `damaged` that names the first thing that is wrong.
    func verify(progress: @Sendable (_ done: Int, _ of: Int) -> Void) async throws(VaultError) -> Verification
}

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

    public init(
        tenant: String? = nil, clientID: String? = nil, audience: AudienceChoice? = nil, subscription: String? = nil,
        addedTags: [Tag] = [], removedTags: [Tag] = [], about: String? = nil, secretExpiresAt: Date? = nil
    ) {
        self.tenant = tenant
        self.clientID = clientID
        self.audience = audience
        self.subscription = subscription
        self.addedTags = addedTags
        self.removedTags = removedTags
        self.about = about
        self.secretExpiresAt = secretExpiresAt
    }
}

/// An audience as a caller names it; which one that is depends on the profile's cloud.
public enum AudienceChoice: Sendable, Equatable {
    /// A URI, an application id or a short name.
    case resource(String)
    case scope(String)

    func resolved(in cloud: Cloud) throws(VaultError) -> Audience {
        switch self {
        case .resource(let resource): try Audience(resource: resource, in: cloud)
        case .scope(let scope): try Audience(scope: scope)
        }
    }
}

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

/// A credential that the provider accepted just now.
public struct CheckedCredential: Sendable, Equatable {
    public var profile: ProfileName
    public var audience: Audience
    /// How long the provider's token would have lived, in seconds.
    public var tokenLifetime: TimeInterval

    public init(profile: ProfileName, audience: Audience, tokenLifetime: TimeInterval) {
        self.profile = profile
        self.audience = audience
        self.tokenLifetime = tokenLifetime
    }
}

/// Which entries are wanted; a nil or empty field does not restrict.
public struct AuditQuery: Sendable, Equatable {
    public var profile: String?
    public var since: Date?
    public var until: Date?
    public var actions: [AuditAction]
    public var outcomes: [AuditOutcome]
    /// Resource or scope.
    public var audience: String?
    /// User name or uid.
    public var actor: String?
    /// At most so many, the newest ones.
    public var limit: Int?

    public init(
        profile: String? = nil, since: Date? = nil, until: Date? = nil, actions: [AuditAction] = [],
        outcomes: [AuditOutcome] = [], audience: String? = nil, actor: String? = nil, limit: Int? = nil
    ) {
        self.profile = profile
        self.since = since
        self.until = until
        self.actions = actions
        self.outcomes = outcomes
        self.audience = audience
        self.actor = actor
        self.limit = limit
    }
}

/// What `verify` looked at.
public struct Verification: Sendable, Equatable {
    public var profiles: Int
    public var tokens: Int
    public var rotations: Int
    public var settings: Int
    public var auditEntries: UInt64
    /// Root of the audit tree.
    public var auditRoot: [UInt8]
    /// Whether an anchor outside the file agreed. False where none was found, which is a finding of its own.
    public var anchorAgrees: Bool

    public init(
        profiles: Int, tokens: Int, rotations: Int, settings: Int, auditEntries: UInt64, auditRoot: [UInt8],
        anchorAgrees: Bool
    ) {
        self.profiles = profiles
        self.tokens = tokens
        self.rotations = rotations
        self.settings = settings
        self.auditEntries = auditEntries
        self.auditRoot = auditRoot
        self.anchorAgrees = anchorAgrees
    }
}
