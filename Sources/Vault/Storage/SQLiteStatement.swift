private import CSQLite

/// A value that goes into a statement.
enum SQLiteValue {
    case integer(Int64)
    case blob([UInt8])
    case text(String)
}

/// A prepared statement: stepped row by row, given back to its connection when it goes.
@safe
final class SQLiteStatement {
    private let handle: OpaquePointer
    private let sql: String
    private let connection: SQLiteConnection
    private let activity: SQLiteActivity

    /// - Parameter handle: what `sqlite3_prepare_v2` gave for `sql`.
    init(_ handle: OpaquePointer, _ sql: String, on connection: SQLiteConnection, activity: SQLiteActivity) {
        unsafe self.handle = handle
        self.sql = sql
        self.connection = connection
        self.activity = activity
    }

    deinit { unsafe connection.giveBack(handle, sql) }

    /// Binds `values` to the parameters ?1, ?2, ….
    func bind(_ values: [SQLiteValue]) throws(VaultError) {
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            let code =
                switch value {
                case .integer(let integer): unsafe sqlite3_bind_int64(handle, position, integer)
                case .blob(let bytes):
                    if bytes.isEmpty {
                        unsafe sqlite3_bind_zeroblob(handle, position, 0)
                    } else {
                        unsafe sqlite3_bind_blob64(
                            handle, position, bytes, UInt64(bytes.count), vault_sqlite_transient())
                    }
                case .text(let text): unsafe sqlite3_bind_text(handle, position, text, -1, vault_sqlite_transient())
                }
            guard code == SQLITE_OK else { throw .sqlite(SQLiteCode(rawValue: code), while: activity) }
        }
    }

    /// Goes to the next row.
    ///
    /// - Returns: false when there is none.
    func step() throws(VaultError) -> Bool {
        let code = SQLiteCode(rawValue: unsafe sqlite3_step(handle))
        switch code {
        case .row: return true
        case .done: return false
        default:
            let connection = unsafe sqlite3_db_handle(handle)
            throw .sqlite(code, while: activity, systemError: unsafe code.systemError(on: connection))
        }
    }

    func integer(_ column: Int32) -> Int64 {
        unsafe sqlite3_column_int64(handle, column)
    }

    func text(_ column: Int32) -> String? {
        guard let characters = unsafe sqlite3_column_text(handle, column) else { return nil }
        return unsafe String(cString: characters)
    }

    /// The bytes of a column.
    ///
    /// - Throws: code `damaged` for more than 64 KiB, which nothing in a vault is, and for another type: text of the same
    ///   bytes would not be found by a look-up for them.
    func blob(_ column: Int32) throws(VaultError) -> [UInt8] {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_BLOB else { throw .damaged("a column is no blob") }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard count <= VaultTable.longestColumn else { throw .damaged("a column holds more than 64 KiB") }
        guard count > 0, let start = unsafe sqlite3_column_blob(handle, column) else { return [] }
        return unsafe [UInt8](UnsafeRawBufferPointer(start: start, count: count))
    }

    /// Appends the bytes of a column to `target`.
    ///
    /// - Throws: as ``blob(_:)`` does.
    func appendBlob(_ column: Int32, to target: inout [UInt8]) throws(VaultError) {
        guard unsafe sqlite3_column_type(handle, column) == SQLITE_BLOB else { throw .damaged("a column is no blob") }
        let count = Int(unsafe sqlite3_column_bytes(handle, column))
        guard count <= VaultTable.longestColumn else { throw .damaged("a column holds more than 64 KiB") }
        guard count > 0, let start = unsafe sqlite3_column_blob(handle, column) else { return }
        unsafe target.append(contentsOf: UnsafeRawBufferPointer(start: start, count: count))
    }
}
