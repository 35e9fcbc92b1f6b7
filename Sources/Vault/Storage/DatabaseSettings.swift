private import CSQLite

/// The SQLite that this process runs, and what it makes of a database that is opened as a vault is.
package struct DatabaseSettings: Sendable, Equatable {
    /// As `3.40.1`.
    package let version: String
    /// Whether it was built so that threads may share a connection, as ours do.
    package let isThreadSafe: Bool
    /// The settings that FORMAT.md asks for and that it did not take, as `synchronous = 1`.
    package let refused: [String]

    /// What each pragma answers when it was taken.
    private static let wanted = [
        ("journal_mode", "delete"), ("synchronous", "3"), ("secure_delete", "1"), ("temp_store", "2"),
        ("cell_size_check", "1"), ("foreign_keys", "1"), ("trusted_schema", "0"),
    ]

    init(_ connection: SQLiteConnection) throws(VaultError) {
        version = unsafe String(cString: sqlite3_libversion())
        isThreadSafe = sqlite3_threadsafe() != 0
        var refused: [String] = []
        for (pragma, value) in Self.wanted {
            let found = try connection.scalarText("PRAGMA \(pragma)") ?? "nothing"
            if found != value { refused.append("\(pragma) = \(found)") }
        }
        self.refused = refused
    }
}
