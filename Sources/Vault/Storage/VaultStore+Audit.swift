/// The audit's rows, by number.
extension VaultStore {
    func appendAudit(_ row: SealedAuditRow) throws(VaultError) {
        try connection.run(
            "INSERT INTO audit (seq, meta, seal) VALUES (?1, ?2, ?3)",
            [.integer(Int64(row.sequence)), .blob(row.meta), .blob(row.seal)])
    }

    /// The lowest and the highest number; nil for no rows. Both are looked up, not counted.
    func auditBounds() throws(VaultError) -> (first: UInt64, last: UInt64)? {
        guard let bounds = try storedAuditBounds() else { return nil }
        guard bounds.first >= 0 else { throw .damaged("an audit entry has the number \(bounds.first)") }
        return (UInt64(bounds.first), UInt64(bounds.last))
    }

    /// The same, whatever the numbers are.
    func storedAuditBounds() throws(VaultError) -> (first: Int64, last: Int64)? {
        // Each alone: together, or with HAVING, SQLite reads the whole table.
        let statement = try connection.prepare(
            """
            SELECT first, last FROM (SELECT (SELECT min(seq) FROM audit) AS first, (SELECT max(seq) FROM audit) AS last)
            WHERE last IS NOT NULL
            """)
        return try statement.step() ? (statement.integer(0), statement.integer(1)) : nil
    }

    /// Calls `body` with the rows from number `first` on, in ascending order, until it returns false.
    ///
    /// - Throws: code `damaged` at the first number that is missing.
    func forEachAudit(
        from first: UInt64, _ body: (SealedAuditRow) throws(VaultError) -> Bool
    ) throws(VaultError) {
        let statement = try connection.prepare(
            "SELECT seq, meta, seal FROM audit WHERE seq >= ?1 ORDER BY seq", [.integer(Int64(first))])
        var expected = first
        while try statement.step() {
            let row = try auditRow(statement)
            guard row.sequence == expected else { throw .damaged("audit entry \(expected) is missing") }
            expected += 1
            guard try body(row) else { return }
        }
    }

    /// The same from number `last` down.
    func forEachAuditBackwards(
        from last: UInt64, _ body: (SealedAuditRow) throws(VaultError) -> Bool
    ) throws(VaultError) {
        let statement = try connection.prepare(
            "SELECT seq, meta, seal FROM audit WHERE seq <= ?1 ORDER BY seq DESC", [.integer(Int64(last))])
        var expected = Int64(last)
        while try statement.step() {
            let row = try auditRow(statement)
            guard row.sequence == expected else { throw .damaged("audit entry \(expected) is missing") }
            expected -= 1
            guard try body(row) else { return }
        }
        guard expected == -1 else { throw .damaged("audit entry \(expected) is missing") }
    }

    /// Calls `body` with the rows whose numbers lie in `range`, in ascending order, whether they follow one another or not.
    ///
    /// - Parameter body: gets a statement whose columns are number, meta and seal; false ends it.
    func forEachStoredAudit(
        in range: Range<UInt64>, _ body: (SQLiteStatement) throws(VaultError) -> Bool
    ) throws(VaultError) {
        let statement = try connection.prepare(
            "SELECT seq, meta, seal FROM audit WHERE seq >= ?1 AND seq < ?2 ORDER BY seq",
            [.integer(Int64(clamping: range.lowerBound)), .integer(Int64(clamping: range.upperBound))])
        while try statement.step() {
            guard try body(statement) else { return }
        }
    }

    /// The numbers of the first rows from `first` on, ascending.
    func auditNumbers(from first: UInt64, atMost limit: Int) throws(VaultError) -> [UInt64] {
        let statement = try connection.prepare(
            "SELECT seq FROM audit WHERE seq >= ?1 ORDER BY seq LIMIT ?2",
            [.integer(Int64(clamping: first)), .integer(Int64(limit))])
        var numbers: [UInt64] = []
        while try statement.step() { numbers.append(UInt64(bitPattern: statement.integer(0))) }
        return numbers
    }

    private func auditRow(_ statement: SQLiteStatement) throws(VaultError) -> SealedAuditRow {
        let sequence = statement.integer(0)
        guard sequence >= 0 else { throw .damaged("an audit entry has the number \(sequence)") }
        return SealedAuditRow(
            sequence: UInt64(sequence), meta: try statement.blob(1), seal: try statement.blob(2))
    }
}
