private import Migrations

/// The schema of a vault and how it came to be.
enum Schema {
    /// "VLT1".
    static let applicationID: Int64 = 1_447_842_865
    /// The number of the last script.
    static let version = Int64(scripts.count)

    private static let scripts = [Migrations.v001, Migrations.v002]

    /// Sets what must be set before anything is written to a new database.
    ///
    /// With SQLite's own 4 KiB pages a profile's row does not fit one, and each look-up and scan reads a second page.
    static func prepare(_ connection: SQLiteConnection) throws(VaultError) {
        try connection.execute("PRAGMA page_size = 8192")
    }

    /// Makes the schema in an empty database, within the caller's transaction.
    static func create(in connection: SQLiteConnection) throws(VaultError) {
        try connection.execute("PRAGMA application_id = \(applicationID)")
        try migrate(connection, from: 0)
    }

    /// Runs the scripts after number `old`, up to `new`, within the caller's transaction.
    static func migrate(_ connection: SQLiteConnection, from old: Int64, to new: Int64 = version) throws(VaultError) {
        for script in scripts[Int(old)..<Int(new)] { try connection.execute(String(decoding: script, as: UTF8.self)) }
        try connection.execute("PRAGMA user_version = \(new)")
    }

    /// What ``check(_:)`` found.
    struct Checked {
        /// The number of the last script that was run.
        var version: Int64
        /// What the schema hash is made of (FORMAT.md, file).
        var schema: [UInt8]
    }

    /// Checks that the database is a vault of this version or an earlier one, and that its schema is the one that was
    /// shipped with that, to the letter.
    ///
    /// - Throws: codes `damaged`, `notUnderstood`.
    static func check(_ connection: SQLiteConnection) throws(VaultError) -> Checked {
        guard try connection.scalarInteger("PRAGMA application_id") == applicationID else {
            throw VaultError(.damaged, "the file is not a vault", hint: "give the vault's path with --vault")
        }
        let found = try connection.scalarInteger("PRAGMA user_version")
        guard found <= version else {
            throw VaultError(
                .notUnderstood, "the vault has format \(found); this program understands \(version)",
                hint: "use a newer vaultctl")
        }
        guard found >= 1 else { throw .damaged("its format number is \(found)") }
        let expected = try entries(of: shipped(found))
        let actual = try entries(of: connection)
        if let extra = actual.first(where: { !expected.contains($0) }) {
            throw .damaged("its schema has an unknown or changed \(extra.type): \(extra.name.prefix(64))")
        }
        if let missing = expected.first(where: { !actual.contains($0) }) {
            throw .damaged("its schema lacks the \(missing.type) \(missing.name)")
        }
        return Checked(version: found, schema: actual.flatMap(\.bytes))
    }

    private static func shipped(_ version: Int64) throws(VaultError) -> SQLiteConnection {
        let memory = try SQLiteConnection(path: ":memory:", access: .memory)
        try migrate(memory, from: 0, to: version)
        return memory
    }

    private static func entries(of connection: SQLiteConnection) throws(VaultError) -> [Entry] {
        let statement = try connection.prepare(
            "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name")
        var entries: [Entry] = []
        while try statement.step() {
            guard entries.count < 1000 else { throw .damaged("its schema is too large") }
            entries.append(
                Entry(
                    type: statement.text(0) ?? "", name: statement.text(1) ?? "", table: statement.text(2) ?? "",
                    sql: statement.text(3) ?? ""))
        }
        return entries
    }

    private struct Entry: Hashable {
        var type: String
        var name: String
        var table: String
        var sql: String

        var bytes: [UInt8] {
            [type, name, table, sql].flatMap { Array($0.utf8) + [0] }
        }
    }
}
