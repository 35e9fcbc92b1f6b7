public import FoundationEssentials

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
