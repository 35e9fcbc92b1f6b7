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
        }
    }

    // MARK: Reading

    func vaultID() throws(VaultError) -> [UInt8] {
        let statement = try connection.prepare("SELECT vault_id FROM vault")
        guard try statement.step() else { throw .damaged("it has no vault id") }
        return try statement.blob(0)
    }

    /// Calls `body` with every row of `table`.
    func forEach(in table: VaultTable, _ body: (SealedRow) throws(VaultError) -> Void) throws(VaultError) {
        let statement = try connection.prepare(Self.selection(table))
        while try statement.step() { try body(row(statement, of: table)) }
    }

    /// The rows of that tag; tables whose tags are unique have one at the most.
    func rows(in table: VaultTable, tag: RowTag) throws(VaultError) -> [SealedRow] {
        try rows(in: table, "WHERE tag = ?1", [.blob(tag.bytes)])
    }

    func row(in table: VaultTable, id: RowID) throws(VaultError) -> SealedRow? {
        try rows(in: table, "WHERE id = ?1", [.blob(id.bytes)]).first
    }

    /// The row of a table that has one.
    func singleRow(in table: VaultTable) throws(VaultError) -> SealedRow? {
        try rows(in: table, "", []).first
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
            case .keyslot: UInt32(truncatingIfNeeded: statement.integer(0)).littleEndianBytes
            case .checkpoint, .audit: UInt64(bitPattern: statement.integer(0)).littleEndianBytes
            default: try statement.blob(0)
            }
        return SealedRow(id: id, tag: try statement.blob(1), meta: try statement.blob(2), secret: try statement.blob(3))
    }

    /// The key slots by number.
    func keySlots() throws(VaultError) -> [(number: Int, blob: [UInt8])] {
        let statement = try connection.prepare("SELECT slot, blob FROM keyslot ORDER BY slot")
        var slots: [(Int, [UInt8])] = []
        while try statement.step() { slots.append((Int(statement.integer(0)), try statement.blob(1))) }
        return slots
    }

    func count(of table: VaultTable) throws(VaultError) -> Int64 {
        try connection.scalarInteger("SELECT count(*) FROM \(table)")
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
        case .audit, .checkpoint:
            preconditionFailure("these tables have inserts of their own")
        }
    }

    /// Writes new columns into the row of the same id.
    func update(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        switch table {
        case .profile, .token, .rotation:
            try connection.run(
                "UPDATE \(table) SET tag = ?2, meta = ?3, secret = ?4 WHERE id = ?1",
                [.blob(row.id), .blob(row.tag), .blob(row.meta), .blob(row.secret)])
        case .keyring, .state:
            try connection.run(
                "UPDATE \(table) SET meta = ?1, secret = ?2", [.blob(row.meta), .blob(row.secret)])
        case .keyslot:
            let number = Int64(UInt32(littleEndianBytes: row.id))
            try connection.run("UPDATE keyslot SET blob = ?2 WHERE slot = ?1", [.integer(number), .blob(row.meta)])
        case .setting, .audit, .checkpoint:
            preconditionFailure("nothing updates a row of these tables")
        }
        guard connection.changes == 1 else { throw .damaged("a row of \(table) is missing") }
    }

    func delete(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        if table == .keyslot {
            let number = Int64(UInt32(littleEndianBytes: row.id))
            try connection.run("DELETE FROM keyslot WHERE slot = ?1", [.integer(number)])
        } else {
            try connection.run("DELETE FROM \(table) WHERE id = ?1", [.blob(row.id)])
        }
        guard connection.changes == 1 else { throw .damaged("a row of \(table) is missing") }
    }

    /// Writes the vault id of a new vault.
    func insert(vaultID: [UInt8]) throws(VaultError) {
        try connection.run("INSERT INTO vault (id, vault_id) VALUES (1, ?1)", [.blob(vaultID)])
    }
}
