public import FoundationEssentials

/// Which entries are wanted; a nil or empty field does not restrict.
public struct AuditQuery: Sendable, Equatable {
    /// Names that the profiles had; one of them will do.
    public var profiles: [String]
    public var since: Date?
    public var until: Date?
    public var actions: [AuditAction]
    public var outcomes: [AuditOutcome]
    /// Resource or scope.
    public var audience: String?
    /// User name or uid.
    public var actor: String?
    /// The machine's name, as it was recorded.
    public var host: String?
    /// The number of the first entry that is wanted, and the number behind the last one.
    public var from: UInt64?
    public var before: UInt64?
    /// At most so many, the newest ones.
    public var limit: Int?

    public init(
        profiles: [String] = [], since: Date? = nil, until: Date? = nil, actions: [AuditAction] = [],
        outcomes: [AuditOutcome] = [], audience: String? = nil, actor: String? = nil, host: String? = nil,
        from: UInt64? = nil, before: UInt64? = nil, limit: Int? = nil
    ) {
        self.profiles = profiles
        self.since = since
        self.until = until
        self.actions = actions
        self.outcomes = outcomes
        self.audience = audience
        self.actor = actor
        self.host = host
        self.from = from
        self.before = before
        self.limit = limit
    }
}
