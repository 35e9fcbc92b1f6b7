public import FoundationEssentials

/// Which credentials somebody may have laid hands on since a day, and which of those are still the ones in use: what to
/// rotate when a laptop is lost or a colleague is gone.
///
/// An exposure is over only when both the order of the record and the time at which the present credential came into the
/// vault say that it was replaced afterwards. Where a clock was wrong one profile too many is listed, and none too few.
///
/// ```swift
/// var exposures = Exposures(since: date, host: "laptop", actor: nil, profiles: profiles)
/// for entry in entries { exposures.add(entry) }
/// ```
public struct Exposures: Sendable {
    private let since: Date
    private let host: String?
    private let actor: String?
    private let profiles: [RowID: Profile]
    /// Of credentials that the profiles had before the present ones came; a replacement on the record ends them.
    private var earlier: [RowID: Exposure] = [:]
    private var present: [RowID: Exposure] = [:]
    private var rotating: Set<RowID> = []
    private var removedNames: [RowID: String] = [:]

    /// Whether the record has come to that day. From there on everything counts: whoever has the machine may have set its
    /// clock back.
    private var hasBegun = false

    private static let actions = AuditAction.allCases.filter { $0.exposesCredential || $0 == .rotate }

    /// - Parameters:
    ///   - host: only what was done there, as it is recorded.
    ///   - actor: only what this user did, by name or uid.
    ///   - profiles: all there are, from before the first entry is read.
    public init(since: Date, host: String?, actor: String?, profiles: [Profile]) {
        self.since = since
        self.host = host
        self.actor = actor
        self.profiles = Dictionary(profiles.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// What is to be asked of the record: without a date, see ``hasBegun``. Whoever replaced a credential may have done that
    /// anywhere.
    public var query: AuditQuery { AuditQuery(actions: Self.actions) }

    /// Takes the next entry, in the order of the record.
    public mutating func add(_ entry: AuditEntry) {
        let event = entry.event
        if event.time >= since { hasBegun = true }
        guard hasBegun, let id = event.profileID else { return }
        if event.action == .rotate { note(event.outcome, of: id) }
        guard event.outcome == .ok else { return }
        // An edit seldom replaces a credential, and does not say so; what it did replace is listed once too often.
        if event.action == .rotate, event.detail != AuditEvent.graceIsOver { earlier[id] = nil }
        if event.action.exposesCredential, isMeant(entry) { count(event, of: id) }
    }

    private mutating func note(_ rotation: AuditOutcome, of id: RowID) {
        if rotation == .started { rotating.insert(id) } else { rotating.remove(id) }
    }

    private func isMeant(_ entry: AuditEntry) -> Bool {
        AuditQuery(actor: actor, host: host).matches(entry)
    }

    private mutating func count(_ event: AuditEvent, of id: RowID) {
        guard let profile = profiles[id] else {
            removedNames[id] = event.profile ?? id.description
            return
        }
        let isEarlier = event.time < profile.credential.storedAt
        if isEarlier {
            earlier[id, default: Exposure(of: profile, at: event.time)].count(event)
        } else {
            present[id, default: Exposure(of: profile, at: event.time)].count(event)
        }
    }

    /// The profiles whose present credential is exposed, by name as it is now.
    public var exposed: [Exposure] { all.filter { $0.profile.credential.kind != .federated } }

    /// Profiles without a secret of their own, of which tokens were given: there is nothing to rotate.
    public var federated: [ProfileName] { all.filter { $0.profile.credential.kind == .federated }.map(\.profile.name) }

    /// Profiles that are not in the vault any more, by the name they had last; their secrets may live on at the provider.
    public var removed: [String] { removedNames.values.sorted() }

    private var all: [Exposure] {
        var merged = present.merging(earlier) { $0.merging($1) }
        for id in rotating { merged[id]?.isBeingRotated = true }
        return merged.values.sorted { $0.profile.name < $1.profile.name }
    }
}

/// How one profile's credential was exposed.
public struct Exposure: Sendable {
    public let profile: Profile
    /// Tokens that were given out, and times the secret itself was.
    public private(set) var count = 0
    /// Whether the secret itself was shown: whoever saw it needs no vault.
    public private(set) var isRevealed = false
    public private(set) var first: Date
    public private(set) var last: Date
    public private(set) var hosts: Set<String> = []
    public private(set) var actors: Set<String> = []
    /// The provider's ids of the credentials, where they are known.
    public private(set) var keyIDs: Set<String> = []
    /// Whether a rotation was begun that has not ended.
    public internal(set) var isBeingRotated = false

    init(of profile: Profile, at time: Date) {
        self.profile = profile
        (first, last) = (time, time)
    }

    mutating func count(_ event: AuditEvent) {
        count += 1
        if event.action != .issue { isRevealed = true }
        first = min(first, event.time)
        last = max(last, event.time)
        hosts.insert(event.caller.host)
        actors.insert(event.caller.user)
        if let keyID = event.keyID { keyIDs.insert(keyID) }
    }

    fileprivate func merging(_ other: Exposure) -> Exposure {
        var merged = self
        merged.count += other.count
        merged.isRevealed = isRevealed || other.isRevealed
        merged.first = min(first, other.first)
        merged.last = max(last, other.last)
        merged.hosts.formUnion(other.hosts)
        merged.actors.formUnion(other.actors)
        merged.keyIDs.formUnion(other.keyIDs)
        return merged
    }
}

// Without a default, so that whoever adds an action says what it means here.
extension AuditAction {
    /// Whether a token, or the secret itself, left the vault.
    fileprivate var exposesCredential: Bool {
        switch self {
        case .issue, .reveal, .export: true
        case .initialize, .add, .edit, .rename, .remove, .check, .rotate, .passwd, .slotAdd, .slotRemove, .rekey,
            .forget, .acceptAnchor, .migrate, .reindex, .checkpoint, .disclose, .auditExport, .config, .addCredential,
            .removeCredential, .backup, .restore, .merge, .policy:
            false
        }
    }
}
