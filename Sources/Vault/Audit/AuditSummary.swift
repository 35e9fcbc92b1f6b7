public import FoundationEssentials

/// By what entries are counted together.
public enum AuditGrouping: String, Sendable, CaseIterable {
    case profile, audience, actor, day, outcome, host, action
}

/// How many entries there are of each group: grows with the number of groups, not with that of entries.
public struct AuditSummary: Sendable {
    public let grouping: AuditGrouping
    private var tallies: [Group: AuditTally] = [:]

    /// What the entries of one group have in common.
    public enum Group: Sendable, Hashable {
        /// Nil for entries that have none, as one about the vault has no profile.
        case text(String?)
        /// Days since 1 January 1970, UTC.
        case day(Int64)
    }

    public struct Row: Sendable {
        public var group: Group
        public var tally: AuditTally
    }

    public init(by grouping: AuditGrouping) { self.grouping = grouping }

    public mutating func add(_ entry: AuditEntry) {
        tallies[grouping.group(of: entry.event), default: AuditTally(at: entry.event.time)].add(entry.event)
    }

    /// Days in their order; everything else with what issued most first.
    public var rows: [Row] {
        tallies.map { Row(group: $0.key, tally: $0.value) }.sorted { left, right in
            switch (left.group, right.group) {
            case (.day(let left), .day(let right)): left < right
            case (.text(let leftName), .text(let rightName)):
                (right.tally.issued, right.tally.entries, leftName ?? "")
                    < (left.tally.issued, left.tally.entries, rightName ?? "")
            case (.day, .text): true
            case (.text, .day): false
            }
        }
    }
}

/// Entries by how they ended.
public struct AuditTally: Sendable, Equatable {
    /// Tokens that were given out.
    public private(set) var issued = 0
    /// Those of them that came from the cache.
    public private(set) var fromCache = 0
    /// What the provider or a policy refused.
    public private(set) var refused = 0
    public private(set) var failed = 0
    /// Everything else that is on the record.
    public private(set) var other = 0
    public private(set) var first: Date
    public private(set) var last: Date

    public init(at time: Date) { (first, last) = (time, time) }

    public var entries: Int { issued + refused + failed + other }

    public mutating func add(_ event: AuditEvent) {
        switch (event.outcome, event.action) {
        case (.ok, .issue):
            issued += 1
            if event.source != .provider { fromCache += 1 }
        case (.refused, _): refused += 1
        case (.failed, _): failed += 1
        case (.ok, _), (.started, _): other += 1
        }
        first = min(first, event.time)
        last = max(last, event.time)
    }
}

extension AuditEvent {
    /// The day of the entry, counted from 1 January 1970, UTC.
    public var day: Int64 {
        // Whatever a record says lies in the range of milliseconds that it has.
        Int64((time.timeIntervalSince1970 / 86_400).rounded(.down))
    }
}

extension AuditGrouping {
    fileprivate func group(of event: AuditEvent) -> AuditSummary.Group {
        switch self {
        case .profile: .text(event.profile)
        case .audience: .text(event.audience)
        case .actor: .text(event.caller.user)
        case .day: .day(event.day)
        case .outcome: .text(event.outcome.rawValue)
        case .host: .text(event.caller.host)
        case .action: .text(event.action.rawValue)
        }
    }
}
