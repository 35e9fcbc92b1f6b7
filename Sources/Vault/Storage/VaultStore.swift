/// The rows of a vault, sealed as they are: every query there is.
///
/// Knows no key and opens nothing; what a row means is for the layers above. Its owner keeps transactions.
struct VaultStore {
    let connection: SQLiteConnection

    /// The statement a table's rows are read by; columns are id, tag, meta, secret.
    private static func selection(_ table: VaultTable) -> String {
        switch table {
        case .profile: "SELECT id, tag, meta, secret FROM profile"
        case .token: "SELECT id, tag, meta, secret FROM token"
        case .rotation: "SELECT id, tag, meta, secret FROM rotation"
        case .setting: "SELECT id, tag, meta, x'' FROM setting"
        case .keyring: "SELECT zeroblob(16), x'', meta, secret FROM keyring"
        case .state: "SELECT zeroblob(16), x'', meta, secret FROM state"
        case .keyslot: "SELECT slot, x'', blob, x'' FROM keyslot"
        case .checkpoint: "SELECT size, x'', CAST(note AS BLOB), x'' FROM checkpoint"
        case .audit: "SELECT seq, x'', meta, seal FROM audit"
        case .auditIndex: "SELECT segment, x'', meta, x'' FROM audit_index"
        }
    }

    // MARK: Reading

    func vaultID() throws(VaultError) -> [UInt8] {
        let statement = try connection.prepare("SELECT vault_id FROM vault")
        guard try statement.step() else { throw .damaged("it has no vault id") }
        let id = try statement.blob(0)
        guard try !statement.step() else { throw .damaged("it has more than one vault id") }
        return id
    }

    /// Calls `body` with every row of `table`, in the order of the key that rows are looked up by.
    ///
    /// - Throws: code `damaged` when that order does not hold, because then a look-up could miss a row that is there.
    func forEach(in table: VaultTable, _ body: (SealedRow) throws(VaultError) -> Void) throws(VaultError) {
        let statement = try connection.prepare(Self.selection(table))
        var last: [UInt8] = []
        while try statement.step() {
            let row = try row(statement, of: table)
            if table.isLookedUpByTag {
                let key = row.tag + row.id
                guard last.lexicographicallyPrecedes(key) else { throw .damaged("\(table) is out of order") }
                last = key
            }
            try body(row)
        }
    }

    /// The rows of that tag; tables whose tags are unique have one at the most.
    func rows(in table: VaultTable, tag: RowTag) throws(VaultError) -> [SealedRow] {
        try rows(in: table, "WHERE tag = ?1", [.blob(tag.bytes)])
    }

    /// The rows of that id. No index leads to them: SQLite goes through all, and only what is found is copied.
    func rows(in table: VaultTable, id: RowID) throws(VaultError) -> [SealedRow] {
        try rows(in: table, "WHERE id = ?1", [.blob(id.bytes)])
    }

    /// The row of a table that has one.
    ///
    /// - Throws: code `damaged` when it has none, or more.
    func singleRow(in table: VaultTable) throws(VaultError) -> SealedRow {
        let rows = try rows(in: table, "", [])
        guard let row = rows.first, rows.count == 1 else { throw .damaged("its \(table) has \(rows.count) rows") }
        return row
    }

    private func rows(
        in table: VaultTable, _ condition: String, _ values: [SQLiteValue]
    ) throws(VaultError) -> [SealedRow] {
        let statement = try connection.prepare(Self.selection(table) + " " + condition, values)
        var rows: [SealedRow] = []
        while try statement.step() { rows.append(try row(statement, of: table)) }
        return rows
    }

    private func row(_ statement: SQLiteStatement, of table: VaultTable) throws(VaultError) -> SealedRow {
        let id: [UInt8] =
            switch table {
            case .keyslot: UInt32(try slotNumber(statement)).littleEndianBytes
            case .checkpoint, .audit, .auditIndex: UInt64(bitPattern: statement.integer(0)).littleEndianBytes
            default: try statement.blob(0)
            }
        return SealedRow(id: id, tag: try statement.blob(1), meta: try statement.blob(2), secret: try statement.blob(3))
    }

    /// The key slots by number.
    func keySlots() throws(VaultError) -> [(number: Int, blob: [UInt8])] {
        let statement = try connection.prepare("SELECT slot, blob FROM keyslot ORDER BY slot")
        var slots: [(Int, [UInt8])] = []
        while try statement.step() { slots.append((try slotNumber(statement), try statement.blob(1))) }
        return slots
    }

    private func slotNumber(_ statement: SQLiteStatement) throws(VaultError) -> Int {
        let number = statement.integer(0)
        guard (1...32).contains(number) else { throw .damaged("a key slot has the number \(number)") }
        return Int(number)
    }

    func count(of table: VaultTable) throws(VaultError) -> Int64 {
        try connection.scalarInteger("SELECT count(*) FROM \(table)")
    }

    /// SQLite's own check of the file's pages; time grows with the file.
    ///
    /// - Throws: code `damaged` with the first thing that it finds.
    func checkIntegrity() throws(VaultError) {
        let statement = try connection.prepare("PRAGMA integrity_check(1)")
        let finding = try statement.step() ? statement.text(0) ?? "" : ""
        guard finding == "ok" else { throw .damaged(String(finding.prefix(200))) }
    }

    // MARK: Writing

    func insert(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        let values = [SQLiteValue.blob(row.id), .blob(row.tag), .blob(row.meta), .blob(row.secret)]
        switch table {
        case .profile, .token, .rotation:
            try connection.run("INSERT INTO \(table) (id, tag, meta, secret) VALUES (?1, ?2, ?3, ?4)", values)
        case .setting:
            try connection.run("INSERT INTO setting (id, tag, meta) VALUES (?1, ?2, ?3)", Array(values.prefix(3)))
        case .keyring, .state:
            try connection.run(
                "INSERT INTO \(table) (id, meta, secret) VALUES (1, ?1, ?2)", [.blob(row.meta), .blob(row.secret)])
        case .keyslot:
            let number = Int64(UInt32(littleEndianBytes: row.id))
            try connection.run("INSERT INTO keyslot (slot, blob) VALUES (?1, ?2)", [.integer(number), .blob(row.meta)])
        case .checkpoint:
            let size = Int64(UInt64(littleEndianBytes: row.id))
            let note = String(decoding: row.meta, as: UTF8.self)
            try connection.run(
                "INSERT INTO checkpoint (size, note) VALUES (?1, ?2)", [.integer(size), .text(note)])
        case .audit, .auditIndex:
            preconditionFailure("these tables have inserts of their own")
        }
    }

    /// Writes the columns of `row` into the row that is `old` now.
    func update(_ old: SealedRow, to row: SealedRow, in table: VaultTable) throws(VaultError) {
        switch table {
        case .profile, .token, .rotation:
            try connection.run(
                "UPDATE \(table) SET tag = ?3, meta = ?4, secret = ?5 WHERE tag = ?1 AND id = ?2",
                [.blob(old.tag), .blob(old.id), .blob(row.tag), .blob(row.meta), .blob(row.secret)])
        case .keyring, .state:
            try connection.run(
                "UPDATE \(table) SET meta = ?1, secret = ?2", [.blob(row.meta), .blob(row.secret)])
        case .keyslot:
            let number = Int64(UInt32(littleEndianBytes: row.id))
            try connection.run("UPDATE keyslot SET blob = ?2 WHERE slot = ?1", [.integer(number), .blob(row.meta)])
        case .setting:
            try connection.run(
                "UPDATE setting SET tag = ?3, meta = ?4 WHERE tag = ?1 AND id = ?2",
                [.blob(old.tag), .blob(old.id), .blob(row.tag), .blob(row.meta)])
        case .audit, .checkpoint, .auditIndex:
            preconditionFailure("nothing updates a row of these tables")
        }
        guard connection.changes == 1 else { throw .damaged("a row of \(table) is missing") }
    }

    func delete(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        if table == .keyslot {
            let number = Int64(UInt32(littleEndianBytes: row.id))
            try connection.run("DELETE FROM keyslot WHERE slot = ?1", [.integer(number)])
        } else {
            try connection.run(
                "DELETE FROM \(table) WHERE tag = ?1 AND id = ?2", [.blob(row.tag), .blob(row.id)])
        }
        guard connection.changes == 1 else { throw .damaged("a row of \(table) is missing") }
    }

    /// Writes the vault id of a new vault.
    func insert(vaultID: [UInt8]) throws(VaultError) {
        try connection.run("INSERT INTO vault (id, vault_id) VALUES (1, ?1)", [.blob(vaultID)])
    }
}
