internal import FoundationEssentials

/// Looks through the record, a stretch at a time: who writes is not kept waiting by who reads.
struct AuditLog {
    let records: Records

    /// The entries that `query` asks for, oldest first.
    ///
    /// - Throws: code `damaged`; `tryAgain` when the task is cancelled.
    func entries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry] {
        var found: [AuditEntry] = []
        // From the newest back, so that a limit ends the search early. A start date does not: clocks are set back.
        let size = try records.read { (snapshot) throws(VaultError) in snapshot.state.tree.size }
        var end = min(size, query.before ?? size)
        while end > query.from ?? 0, query.limit.map({ found.count < $0 }) ?? true {
            guard !Task.isCancelled else { throw .cancelled }
            // A stretch is a segment of the index, or the entries that have none yet.
            let number = (end - 1) / AuditSegment.width
            let room = query.limit.map { $0 - found.count }
            found += try records.read { (snapshot) throws(VaultError) in
                try snapshot.entries(query, inSegment: number, to: end, atMost: room)
            }
            end = number * AuditSegment.width
            await Task.yield()
        }
        return found.reversed()
    }
}

extension Snapshot {
    /// What `query` asks for of the entries of a segment, up to number `end`, newest first.
    fileprivate func entries(
        _ query: AuditQuery, inSegment number: UInt64, to end: UInt64, atMost limit: Int?
    ) throws(VaultError) -> [AuditEntry] {
        let start = max(number * AuditSegment.width, query.from ?? 0)
        guard query.isSelective, end - start == AuditSegment.width, let segment = try segment(number) else {
            return try entries(query, from: start, to: end, atMost: limit)
        }
        if let since = query.since, !segment.reaches(since) { return [] }
        if let until = query.until, !segment.begins(before: until) { return [] }
        guard !query.profiles.isEmpty else { return try entries(query, from: start, to: end, atMost: limit) }
        var found: [AuditEntry] = []
        let offsets = Set(query.profiles.flatMap { segment.offsets(ofProfile: $0) }).sorted()
        for offset in offsets.reversed() {
            guard limit.map({ found.count < $0 }) ?? true else { break }
            let entry = try entry(try store.auditRow(start + UInt64(offset)))
            if query.matches(entry) { found.append(entry) }
        }
        return found
    }

    /// The same of the entries with the numbers `start..<end`, by looking at each.
    private func entries(
        _ query: AuditQuery, from start: UInt64, to end: UInt64, atMost limit: Int?
    ) throws(VaultError) -> [AuditEntry] {
        var found: [AuditEntry] = []
        try store.forEachAuditBackwards(from: end - 1) { (row) throws(VaultError) in
            let entry = try entry(row)
            if query.matches(entry) { found.append(entry) }
            if let limit, found.count >= limit { return false }
            return row.sequence > start
        }
        return found
    }
}

extension AuditQuery {
    /// Whether it asks for something that the index knows.
    fileprivate var isSelective: Bool { !profiles.isEmpty || since != nil || until != nil }

    func matches(_ entry: AuditEntry) -> Bool {
        if let from, entry.sequence < from { return false }
        if let before, entry.sequence >= before { return false }
        let event = entry.event
        if !profiles.isEmpty, !profiles.contains(event.profile ?? "") { return false }
        if let since, event.time < since { return false }
        if let until, event.time >= until { return false }
        if !actions.isEmpty, !actions.contains(event.action) { return false }
        if !outcomes.isEmpty, !outcomes.contains(event.outcome) { return false }
        if let audience, !Audience.spellings(of: audience).contains(event.audience ?? "") { return false }
        if let actor, event.caller.user != actor, String(event.caller.uid) != actor { return false }
        if let host, event.caller.host != host { return false }
        return true
    }
}
