public import FoundationEssentials

/// One entry of the record: who did what to which profile, and how it ended.
public struct AuditEvent: Sendable, Equatable {
    public var time: Date
    public var action: AuditAction
    public var outcome: AuditOutcome
    public var caller: Caller
    /// The profile's name at that time, where the act was about one.
    public var profile: String?
    public var profileID: RowID?
    /// The resource or scope asked for.
    public var audience: String?
    public var tenant: String?
    public var clientID: String?
    public var source: TokenSource?
    /// The provider's id of the credential that was used or changed.
    public var keyID: String?
    /// When the token that left expires.
    public var tokenExpiresAt: Date?
    /// The token's own id (`uti`), which the provider's sign-in log shows too.
    public var tokenID: String?
    /// A keyed hash of the token: tells whether a token that was found is this one, to the holder of the vault alone.
    public var tokenHash: [UInt8]?
    public var refusal: ProviderRefusal?
    /// The exit code of a failure.
    public var code: Int32?
    /// Why the caller said it was needed (`--reason`).
    public var reason: String?
    /// What else is to be known: the fields that changed, the old name, the message of a failure.
    public var detail: String?

    public init(
        time: Date, action: AuditAction, outcome: AuditOutcome, caller: Caller, profile: String? = nil,
        profileID: RowID? = nil, audience: String? = nil, tenant: String? = nil, clientID: String? = nil,
        source: TokenSource? = nil, keyID: String? = nil, tokenExpiresAt: Date? = nil, tokenID: String? = nil,
        tokenHash: [UInt8]? = nil, refusal: ProviderRefusal? = nil, code: Int32? = nil, reason: String? = nil,
        detail: String? = nil
    ) {
        self.time = time
        self.action = action
        self.outcome = outcome
        self.caller = caller
        self.profile = profile
        self.profileID = profileID
        self.audience = audience
        self.tenant = tenant
        self.clientID = clientID
        self.source = source
        self.keyID = keyID
        self.tokenExpiresAt = tokenExpiresAt
        self.tokenID = tokenID
        self.tokenHash = tokenHash
        self.refusal = refusal
        self.code = code
        self.reason = reason
        self.detail = detail
    }
}

/// What was done; the words are the verbs of the command line.
public enum AuditAction: String, Sendable, CaseIterable {
    case initialize = "init"
    case add, edit, rename, remove, issue, check, reveal, rotate, passwd
    case slotAdd = "slot-add"
    case slotRemove = "slot-remove"
    case rekey
    case forget
    case acceptAnchor = "anchor-accept"
    case migrate, reindex, checkpoint, disclose
    case auditExport = "audit-export"
    /// A setting was changed.
    case config
    /// The provider is asked to make a credential, or to remove one.
    case addCredential = "credential-add"
    case removeCredential = "credential-remove"
    /// Stored credentials were written to a file for others.
    case export
    /// The vault was copied to a file, put back from one, or took in what another one had.
    case backup, restore, merge
    /// What may be done was changed.
    case policy
}

/// How it ended.
public enum AuditOutcome: String, Sendable, CaseIterable {
    /// It is about to happen: the entry before an act that something else depends on.
    case started
    case ok
    /// The provider or a policy said no.
    case refused
    /// It could not be done.
    case failed
}

/// An entry with its number.
public struct AuditEntry: Sendable, Equatable {
    /// Counts from 0, without gaps.
    public var sequence: UInt64
    public var event: AuditEvent

    public init(sequence: UInt64, event: AuditEvent) {
        self.sequence = sequence
        self.event = event
    }
}

/// Who asked.
public struct Caller: Sendable, Equatable {
    /// From the kernel.
    public var uid: UInt32
    /// From the kernel.
    public var pid: Int32
    public var user: String
    public var host: String
    /// Executables of the process and of its parents, nearest first: *claimed*, because the process reports them itself. As
    /// many as have room in ``longestClaim`` bytes.
    public let claimedExecutables: [String]
    /// Whom the process asked for, as it reported.
    public var client: Client?

    /// A client of an endpoint that somebody serves.
    public struct Client: Sendable, Equatable {
        public var pid: Int32
        /// Nil where the system does not tell.
        public var executable: String?

        public init(pid: Int32, executable: String?) {
            self.pid = pid
            self.executable = executable
        }
    }

    /// Bytes; the record keeps them for ever, whoever claims them.
    public static let longestClaim = 2048

    public init(
        uid: UInt32, pid: Int32, user: String, host: String, claimedExecutables: [String], client: Client? = nil
    ) {
        self.uid = uid
        self.pid = pid
        self.user = user
        self.host = host
        self.client = client
        var room = Self.longestClaim
        self.claimedExecutables = Array(
            claimedExecutables.prefix { path in
                room -= path.utf8.count
                return room >= 0
            })
    }
}
