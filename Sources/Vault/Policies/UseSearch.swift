internal import FoundationEssentials

/// Looks the uses of a profile up in the record, from the newest back, with the index where there is one: as many rows are
/// opened as are the profile's, and those of the last segment, which is not complete.
struct UseSearch {
    private let profile: RowID
    private let since: Date
    /// What the profile is and was called; the index goes by names.
    private var names: [String]
    /// Of the uses, the newest first.
    private(set) var times: [Date] = []

    /// So many entries in a row that are older end the search. One alone does not: clocks are set.
    private static let older = 64

    init(of profile: Profile, since: Date) {
        self.profile = profile.id
        self.since = since
        names = [profile.name.description]
    }

    /// Looks at the first `end` entries.
    ///
    /// - Throws: code `damaged`.
    mutating func look(in snapshot: Snapshot, to end: UInt64) throws(VaultError) {
        var end = end
        while end > 0 {
            let number = (end - 1) / AuditSegment.width
            let start = number * AuditSegment.width
            if end - start == AuditSegment.width, let segment = try snapshot.segment(number) {
                guard segment.reaches(since) else { return }
                try look(in: segment, from: start, of: snapshot)
            } else {
                guard try look(at: start..<end, of: snapshot) else { return }
            }
            end = start
        }
    }

    private mutating func look(
        in segment: AuditSegment, from start: UInt64, of snapshot: Snapshot
    ) throws(VaultError) {
        var known = 0
        // Names that the profile had before come to light on the way.
        while known < names.count {
            for offset in segment.offsets(ofProfile: names[known]).reversed() {
                take(try snapshot.entry(try snapshot.store.auditRow(start + UInt64(offset))).event)
            }
            known += 1
        }
    }

    /// - Returns: false where what lies before is older.
    private mutating func look(at range: Range<UInt64>, of snapshot: Snapshot) throws(VaultError) -> Bool {
        var olderInRow = 0
        try snapshot.store.forEachAuditBackwards(from: range.upperBound - 1) { (row) throws(VaultError) in
            let event = try snapshot.entry(row).event
            take(event)
            olderInRow = event.time <= since ? olderInRow + 1 : 0
            return olderInRow < Self.older && row.sequence > range.lowerBound
        }
        return olderInRow < Self.older
    }

    private mutating func take(_ event: AuditEvent) {
        guard event.profileID == profile else { return }
        if let use = event.use { times.append(use.time) }
        if let name = event.formerName, !names.contains(name) { names.append(name) }
    }
}
