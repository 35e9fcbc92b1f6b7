/// Reads the record a page at a time, oldest first, so that memory stays bounded however long it is, in this process and
/// in an agent.
///
/// Entries are only ever appended: what was read stays true while the next page is asked for.
public struct AuditReader {
    public typealias Answer = (AuditQuery) async throws(VaultError) -> [AuditEntry]

    private let answer: Answer

    /// Numbers that are looked at for one page: whole segments of the index.
    static let page: UInt64 = 4096

    /// - Parameter answer: as ``VaultService/auditEntries(_:)`` does.
    public init(_ answer: @escaping Answer) { self.answer = answer }

    public init(_ service: some VaultService) {
        answer = { (query) throws(VaultError) in try await service.auditEntries(query) }
    }

    /// The number behind the last entry; `from` when there is none from there on.
    public func end(from: UInt64 = 0) async throws(VaultError) -> UInt64 {
        try await answer(AuditQuery(from: from, limit: 1)).last.map { $0.sequence + 1 } ?? from
    }

    /// The last `count` of what `query` asks for, of the entries with numbers below `end`.
    public func newest(_ count: Int, of query: AuditQuery, before end: UInt64) async throws(VaultError) -> [AuditEntry]
    {
        var query = query
        (query.before, query.limit) = (end, count)
        return try await answer(query)
    }

    /// Calls `body` with what `query` asks for, one by one; see ``forEachPage(_:upTo:progress:_:)``.
    public func forEach(
        _ query: AuditQuery, upTo end: UInt64? = nil, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
        _ body: (AuditEntry) throws(VaultError) -> Void
    ) async throws(VaultError) {
        try await forEachPage(query, upTo: end, progress: progress) { (page) throws(VaultError) in
            for entry in page { try body(entry) }
        }
    }

    /// Calls `body` with what `query` asks for, whose limit counts for nothing.
    ///
    /// - Parameters:
    ///   - end: the number behind the last entry that is looked at; nil: as many as there are when this begins.
    ///   - progress: told after each page.
    public func forEachPage(
        _ query: AuditQuery, upTo end: UInt64? = nil, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in },
        _ body: ([AuditEntry]) throws(VaultError) -> Void
    ) async throws(VaultError) {
        let start = query.from ?? 0
        var stop: UInt64
        if let end { stop = end } else { stop = try await self.end(from: start) }
        stop = min(stop, query.before ?? stop)
        var page = query
        page.limit = nil
        var next = start
        while next < stop {
            page.from = next
            next = min(stop, (next / Self.page + 1) * Self.page)
            page.before = next
            try body(try await answer(page))
            progress(Int(clamping: next - start), Int(clamping: stop - start))
        }
    }
}
