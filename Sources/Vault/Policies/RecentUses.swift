internal import FoundationEssentials
internal import Synchronization

/// When tokens of profiles left within the last hour, as the record has it: looked up once for each profile that is asked
/// about, and followed from then on.
final class RecentUses: Sendable {
    fileprivate struct State {
        /// Entries from this number on were not looked at yet.
        var end: UInt64 = 0
        var times: [RowID: [Date]] = [:]
    }

    private let state = Mutex(State())

    /// Seconds.
    static let span: TimeInterval = 3600
    /// Looking up is quicker than following so many.
    fileprivate static let longestGap = AuditSegment.width

    /// - Parameters:
    ///   - end: how many entries count; those are durable.
    /// - Throws: code `damaged`.
    func times(
        of profile: Profile, at time: Date, in snapshot: Snapshot, to end: UInt64
    ) throws(VaultError) -> [Date] {
        try state.withLock { (state) throws(VaultError) in
            do throws(VaultError) {
                try state.follow(snapshot, to: end)
                let since = time.addingTimeInterval(-Self.span)
                var times: [Date]
                if let known = state.times[profile.id] {
                    times = known
                } else {
                    var search = UseSearch(of: profile, since: since)
                    try search.look(in: snapshot, to: end)
                    times = search.times
                }
                if times.contains(where: { $0 <= since }) { times.removeAll { $0 <= since } }
                state.times[profile.id] = times
                return times
            } catch {
                // It may have followed only half of the way.
                state = State()
                throw error
            }
        }
    }
}

extension RecentUses.State {
    fileprivate mutating func follow(_ snapshot: Snapshot, to end: UInt64) throws(VaultError) {
        if end < self.end || end - self.end > RecentUses.longestGap { times = [:] }
        if !times.isEmpty, self.end < end {
            try snapshot.store.forEachAudit(from: self.end) { (row) throws(VaultError) in
                guard row.sequence < end else { return false }
                if let use = try snapshot.entry(row).event.use { times[use.profile]?.append(use.time) }
                return row.sequence + 1 < end
            }
        }
        self.end = end
    }
}
