internal import FoundationEssentials

extension Snapshot {
    /// The entries that `query` asks for, oldest first.
    func auditEntries(_ query: AuditQuery) throws(VaultError) -> [AuditEntry] {
        guard state.tree.size > 0 else { return [] }
        var found: [AuditEntry] = []
        // From the newest back, so that a limit ends the search early. A start date does not: clocks are set back.
        try store.forEachAuditBackwards(from: state.tree.size - 1) { (row) throws(VaultError) in
            let entry = try entry(row)
            if query.matches(entry.event) { found.append(entry) }
            if let limit = query.limit, found.count >= limit { return false }
            return true
        }
        return found.reversed()
    }
}

extension AuditQuery {
    func matches(_ event: AuditEvent) -> Bool {
        if let profile, event.profile != profile { return false }
        if let since, event.time < since { return false }
        if let until, event.time >= until { return false }
        if !actions.isEmpty, !actions.contains(event.action) { return false }
        if !outcomes.isEmpty, !outcomes.contains(event.outcome) { return false }
        if let audience, !Audience.spellings(of: audience).contains(event.audience ?? "") { return false }
        if let actor, event.caller.user != actor, String(event.caller.uid) != actor { return false }
        return true
    }
}
