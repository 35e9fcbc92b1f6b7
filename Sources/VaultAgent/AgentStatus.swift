public import FoundationEssentials
public import Vault

/// How long a vault stays unlocked in the agent. Both count on the clock that runs on while the machine sleeps.
public struct UnlockLimits: Sendable, Equatable {
    /// Seconds without a request.
    public var idle: TimeInterval
    /// Seconds in any case.
    public var absolute: TimeInterval

    public init(idle: TimeInterval = 15 * 60, absolute: TimeInterval = 12 * 3600) {
        self.idle = idle
        self.absolute = absolute
    }
}

/// What the agent tells of itself, and of the vault that was asked about.
public struct AgentStatus: Sendable, Equatable {
    public var pid: Int32
    /// Of the program.
    public var version: String
    /// Whether all memory that holds secrets is locked against swapping.
    public var memoryIsLocked: Bool
    public var connections: Int
    /// Nil while the vault that was asked about is locked.
    public var unlocked: Unlocked?
    /// How many other vaults are unlocked.
    public var otherVaults: Int
    /// Why the agent locked the vault that was asked about by itself; nil when it did not, or it was unlocked again.
    public var lockedBecause: String?

    /// What is told of an unlocked vault.
    public struct Unlocked: Sendable, Equatable {
        public var since: Date
        public var idleLimit: TimeInterval
        /// Seconds until it is locked if nobody asks.
        public var idleLeft: TimeInterval
        /// Seconds until it is locked in any case.
        public var absoluteLeft: TimeInterval
        /// Issuances answered since it was unlocked.
        public var issued: Int
        /// Tokens that are renewed ahead of need.
        public var renewedAhead: Int
        /// What went wrong last in the background, as the anchor or a renewal.
        public var trouble: String?
        /// What became of anchors and of copies of entries, by setting.
        public var deliveries: [Delivery]

        public init(
            since: Date, idleLimit: TimeInterval, idleLeft: TimeInterval, absoluteLeft: TimeInterval, issued: Int,
            renewedAhead: Int, trouble: String? = nil, deliveries: [Delivery] = []
        ) {
            self.since = since
            self.idleLimit = idleLimit
            self.idleLeft = idleLeft
            self.absoluteLeft = absoluteLeft
            self.issued = issued
            self.renewedAhead = renewedAhead
            self.trouble = trouble
            self.deliveries = deliveries
        }
    }

    public init(
        pid: Int32, version: String, memoryIsLocked: Bool, connections: Int, unlocked: Unlocked? = nil,
        otherVaults: Int, lockedBecause: String? = nil
    ) {
        self.pid = pid
        self.version = version
        self.memoryIsLocked = memoryIsLocked
        self.connections = connections
        self.unlocked = unlocked
        self.otherVaults = otherVaults
        self.lockedBecause = lockedBecause
    }
}
