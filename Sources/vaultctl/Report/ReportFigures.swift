import FoundationEssentials
import Vault

/// What a report tells, counted from the record: grows with days, profiles and audiences, not with entries.
struct ReportFigures {
    private(set) var issuance: AuditTally?
    private(set) var days: [Int64: AuditTally] = [:]
    private(set) var byProfile = AuditSummary(by: .profile)
    private(set) var byAudience = AuditSummary(by: .audience)
    private(set) var refusals: [String: RefusalTally] = [:]
    private(set) var entries = 0
    private(set) var first: AuditEntry?
    private(set) var last: AuditEntry?

    struct RefusalTally {
        var count = 0
        var last: Date
        var profiles: Set<String> = []
    }

    mutating func add(_ entry: AuditEntry) {
        let event = entry.event
        entries += 1
        if first == nil { first = entry }
        last = entry
        if event.action == .issue {
            issuance = issuance ?? AuditTally(at: event.time)
            issuance?.add(event)
            days[event.day, default: AuditTally(at: event.time)].add(event)
            byProfile.add(entry)
            byAudience.add(entry)
        }
        if event.outcome == .refused {
            refusals[event.refusalName, default: RefusalTally(last: event.time)].add(event)
        }
    }

    /// Those of most refusals first.
    var refusalRows: [(name: String, tally: RefusalTally)] {
        refusals.map { (name: $0.key, tally: $0.value) }
            .sorted { ($1.tally.count, $0.name) < ($0.tally.count, $1.name) }
    }
}

extension ReportFigures.RefusalTally {
    fileprivate mutating func add(_ event: AuditEvent) {
        count += 1
        last = max(last, event.time)
        if let profile = event.profile { profiles.insert(profile) }
    }
}

extension AuditEvent {
    /// `AADSTS7000215`, or whatever else says who refused and why.
    fileprivate var refusalName: String {
        refusal.map { refusal in refusal.aadsts.map { "AADSTS\($0)" } ?? refusal.error } ?? "policy of this vault"
    }
}
