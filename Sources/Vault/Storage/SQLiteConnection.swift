private import CSQLite
internal import Synchronization

/// One connection to one database, with every setting that FORMAT.md asks for.
///
/// Sendable because SQLite guards every call on it (serialized mode); what belongs together its owner keeps together.
@safe
final class SQLiteConnection: @unchecked Sendable {
    private let handle: OpaquePointer
    /// Statements that nobody runs, by their text: preparing one takes longer than running it. Our own text holds no value,
    /// so there are few.
    private let idle = Mutex<[String: UInt]>([:])

    enum Access {
        case readWrite, readOnly
        /// A database that no file holds.
        case memory
    }

    init(path: String, access: Access) throws(VaultError) {
        var opened: OpaquePointer?
        let flags =
            switch access {
            case .readWrite: SQLITE_OPEN_READWRITE
            case .readOnly: SQLITE_OPEN_READONLY
            case .memory: SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY
            }
        let code = SQLiteCode(
            rawValue: unsafe sqlite3_open_v2(
                path, &opened, flags | SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE, nil))
        guard code == .ok, let handle = unsafe opened else {
            let systemError = unsafe code.systemError(on: opened)
            unsafe sqlite3_close_v2(opened)
            throw .sqlite(code, while: .opening, systemError: systemError)
        }
        unsafe self.handle = handle
        try configure(access)
    }

    deinit {
        for address in idle.withLock({ $0.values }) { unsafe sqlite3_finalize(OpaquePointer(bitPattern: address)) }
        unsafe sqlite3_close_v2(handle)
    }

    private func configure(_ access: Access) throws(VaultError) {
        unsafe BusyWait.install(on: handle)
        // What an edited file could use against us is off before its schema is read for the first time.
        for (option, value) in [
            (SQLITE_DBCONFIG_DEFENSIVE, 1), (SQLITE_DBCONFIG_ENABLE_TRIGGER, 0), (SQLITE_DBCONFIG_ENABLE_VIEW, 0),
            (SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0), (SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
            (SQLITE_DBCONFIG_DQS_DML, 0), (SQLITE_DBCONFIG_DQS_DDL, 0), (SQLITE_DBCONFIG_ENABLE_FKEY, 1),
        ] {
            let code = unsafe vault_sqlite_db_config(handle, Int32(option), Int32(value))
            guard code == SQLITE_OK else {
                throw VaultError(.internalError, "this SQLite does not take setting \(option)")
            }
        }
        // A sealed column is at most 64 KiB, so nothing the vault stores comes near this.
        unsafe _ = sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 1 << 20)
        try execute("PRAGMA temp_store = MEMORY")
        try execute("PRAGMA mmap_size = 0")
        try execute("PRAGMA cell_size_check = ON")
        try execute("PRAGMA synchronous = EXTRA")
        try execute("PRAGMA secure_delete = ON")
        guard access == .readWrite else { return }
        let mode = try scalarText("PRAGMA journal_mode = DELETE")
        guard mode == "delete" else { throw .damaged("its journal mode cannot be set") }
    }

    // MARK: Statements

    /// Runs statements that give no rows, once.
    func execute(_ sql: String) throws(VaultError) {
        let code = SQLiteCode(rawValue: unsafe sqlite3_exec(handle, sql, nil, nil, nil))
        guard code == .ok else {
            throw .sqlite(code, while: Self.activity(sql), systemError: unsafe code.systemError(on: handle))
        }
    }

    /// Gives up the open transaction. It cannot tell of a failure, because the one that led here is the one to tell; should
    /// it fail, the transaction stays open and every later one is refused.
    func rollBack() {
        _ = unsafe sqlite3_exec(handle, "ROLLBACK", nil, nil, nil)
    }

    /// A statement with its parameters bound, ready to step.
    func prepare(_ sql: String, _ values: [SQLiteValue] = []) throws(VaultError) -> SQLiteStatement {
        let kept = idle.withLock { $0.removeValue(forKey: sql) }
        if let kept, let statement = unsafe OpaquePointer(bitPattern: kept) {
            let result = unsafe SQLiteStatement(statement, sql, on: self, activity: Self.activity(sql))
            try result.bind(values)
            return result
        }
        var prepared: OpaquePointer?
        let code = SQLiteCode(rawValue: unsafe sqlite3_prepare_v2(handle, sql, -1, &prepared, nil))
        guard code == .ok, let statement = unsafe prepared else {
            throw .sqlite(code, while: Self.activity(sql), systemError: unsafe code.systemError(on: handle))
        }
        let result = unsafe SQLiteStatement(statement, sql, on: self, activity: Self.activity(sql))
        try result.bind(values)
        return result
    }

    /// Takes back a statement that was run.
    func giveBack(_ statement: OpaquePointer, _ sql: String) {
        unsafe sqlite3_reset(statement)
        unsafe sqlite3_clear_bindings(statement)
        let address = UInt(bitPattern: statement)
        let isKept = idle.withLock { idle in
            guard idle[sql] == nil else { return false }
            idle[sql] = address
            return true
        }
        // One that was run while another of its kind was.
        if !isKept { unsafe sqlite3_finalize(statement) }
    }

    /// Runs one statement that gives no rows.
    func run(_ sql: String, _ values: [SQLiteValue]) throws(VaultError) {
        let statement = try prepare(sql, values)
        _ = try statement.step()
    }

    /// The integer in the first column of the first row; 0 when it is NULL or there is no row.
    func scalarInteger(_ sql: String, _ values: [SQLiteValue] = []) throws(VaultError) -> Int64 {
        let statement = try prepare(sql, values)
        return try statement.step() ? statement.integer(0) : 0
    }

    func scalarText(_ sql: String) throws(VaultError) -> String? {
        let statement = try prepare(sql)
        return try statement.step() ? statement.text(0) : nil
    }

    /// How many rows the last statement changed.
    var changes: Int { Int(unsafe sqlite3_changes(handle)) }

    /// Whether a transaction is open.
    var isInTransaction: Bool { unsafe sqlite3_get_autocommit(handle) == 0 }

    /// Lets `body` read as of one moment.
    func reading<Result>(_ body: () throws(VaultError) -> Result) throws(VaultError) -> Result {
        try run("BEGIN", [])
        do throws(VaultError) {
            let result = try body()
            try run("COMMIT", [])
            return result
        } catch {
            if isInTransaction { rollBack() }
            throw error
        }
    }

    /// Bytes of the database as of this transaction.
    func fileSize() throws(VaultError) -> Int64 {
        try scalarInteger("PRAGMA page_count") * scalarInteger("PRAGMA page_size")
    }

    /// A number that changes when another connection has committed.
    func dataVersion() throws(VaultError) -> Int64 {
        try scalarInteger("PRAGMA data_version")
    }

    /// Whether another file lies where this one was opened, or none.
    var hasMoved: Bool {
        var moved: Int32 = 0
        let code = unsafe sqlite3_file_control(handle, "main", SQLITE_FCNTL_HAS_MOVED, &moved)
        // A database in memory has no place.
        return code == SQLITE_OK && moved != 0
    }

    /// Statements hold no values, so their first words may be shown.
    private static func activity(_ sql: String) -> SQLiteActivity {
        switch sql.prefix(6) {
        case "BEGIN", "BEGIN ": .beginning
        case "COMMIT": .committing
        case "SELECT": .reading
        case "PRAGMA": .preparing
        default: .writing
        }
    }
}
