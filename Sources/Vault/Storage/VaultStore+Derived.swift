/// What is derived from the audit's rows: tiles of its tree, and its index.
extension VaultStore {
    /// The hashes of a tile, joined; nil where there is none.
    func tile(level: Int, _ n: UInt64) throws(VaultError) -> [UInt8]? {
        let statement = try connection.prepare(
            "SELECT hashes FROM tile WHERE level = ?1 AND n = ?2", [.integer(Int64(level)), .integer(Int64(n))])
        return try statement.step() ? try statement.blob(0) : nil
    }

    /// Puts a tile where it belongs, whatever lies there.
    func put(tile: [UInt8], level: Int, _ n: UInt64) throws(VaultError) {
        try connection.run(
            "INSERT OR REPLACE INTO tile (level, n, hashes) VALUES (?1, ?2, ?3)",
            [.integer(Int64(level)), .integer(Int64(n)), .blob(tile)])
    }

    /// A segment of the index, sealed; nil where there is none.
    func auditSegment(_ number: UInt64) throws(VaultError) -> [UInt8]? {
        let statement = try connection.prepare(
            "SELECT meta FROM audit_index WHERE segment = ?1", [.integer(Int64(number))])
        return try statement.step() ? try statement.blob(0) : nil
    }

    /// Puts a segment of the index where it belongs, whatever lies there.
    func put(auditSegment meta: [UInt8], _ number: UInt64) throws(VaultError) {
        try connection.run(
            "INSERT OR REPLACE INTO audit_index (segment, meta) VALUES (?1, ?2)",
            [.integer(Int64(number)), .blob(meta)])
    }

    /// Whether there are tiles that the first `size` entries do not complete.
    func hasTiles(beyond size: UInt64) throws(VaultError) -> Bool {
        var complete = size
        for level in 0..<8 {
            complete /= 256
            let beyond = try connection.scalarInteger(
                "SELECT count(*) FROM tile WHERE level = ?1 AND n >= ?2",
                [.integer(Int64(level)), .integer(Int64(complete))])
            if beyond > 0 { return true }
        }
        // SQLite's checks can be switched off by who writes the file.
        return try connection.scalarInteger("SELECT count(*) FROM tile WHERE level NOT BETWEEN 0 AND 7 OR n < 0") > 0
    }

    /// Whether there are segments of the index from number `first` on, or before the first.
    func hasAuditSegments(from first: UInt64) throws(VaultError) -> Bool {
        try connection.scalarInteger(
            "SELECT count(*) FROM audit_index WHERE segment >= ?1 OR segment < 0", [.integer(Int64(first))]) > 0
    }

    /// Removes all tiles and the whole index.
    func deleteDerived() throws(VaultError) {
        try connection.run("DELETE FROM tile", [])
        try connection.run("DELETE FROM audit_index", [])
    }

    /// One row of the audit.
    ///
    /// - Throws: code `damaged` when it is missing.
    func auditRow(_ sequence: UInt64) throws(VaultError) -> SealedAuditRow {
        var found: SealedAuditRow?
        try forEachAudit(from: sequence) { (row) throws(VaultError) in
            found = row
            return false
        }
        guard let found else { throw .damaged("audit entry \(sequence) is missing") }
        return found
    }
}
