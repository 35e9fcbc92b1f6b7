private import CSQLite

/// A result code of SQLite, primary or extended; open, because SQLite adds to them.
struct SQLiteCode: RawRepresentable, Hashable, Sendable {
    let rawValue: Int32

    /// The primary code: the low byte.
    var primary: SQLiteCode { SQLiteCode(rawValue: rawValue & 0xff) }

    static let ok = SQLiteCode(rawValue: SQLITE_OK)
    static let row = SQLiteCode(rawValue: SQLITE_ROW)
    static let done = SQLiteCode(rawValue: SQLITE_DONE)
    static let busy = SQLiteCode(rawValue: SQLITE_BUSY)
    static let locked = SQLiteCode(rawValue: SQLITE_LOCKED)
    static let noMemory = SQLiteCode(rawValue: SQLITE_NOMEM)
    static let readOnly = SQLiteCode(rawValue: SQLITE_READONLY)
    /// `SQLITE_READONLY_DBMOVED`, a macro that Swift does not see.
    static let movedFile = SQLiteCode(rawValue: SQLITE_READONLY | 4 << 8)
    static let inputOutput = SQLiteCode(rawValue: SQLITE_IOERR)
    static let full = SQLiteCode(rawValue: SQLITE_FULL)
    static let cannotOpen = SQLiteCode(rawValue: SQLITE_CANTOPEN)
    static let constraint = SQLiteCode(rawValue: SQLITE_CONSTRAINT)
    static let tooBig = SQLiteCode(rawValue: SQLITE_TOOBIG)
    static let authorization = SQLiteCode(rawValue: SQLITE_AUTH)
    static let permission = SQLiteCode(rawValue: SQLITE_PERM)
    static let corrupt = SQLiteCode(rawValue: SQLITE_CORRUPT)
    static let error = SQLiteCode(rawValue: SQLITE_ERROR)
    static let notADatabase = SQLiteCode(rawValue: SQLITE_NOTADB)
    static let misuse = SQLiteCode(rawValue: SQLITE_MISUSE)

    /// SQLite's own words for it.
    var text: String { unsafe String(cString: sqlite3_errstr(rawValue)) }
}

/// What a connection was at when SQLite gave a code.
enum SQLiteActivity: String, Sendable {
    case opening = "opening the vault"
    case preparing = "preparing the vault"
    case beginning = "beginning a transaction"
    case reading = "reading the vault"
    case writing = "writing the vault"
    case committing = "committing"

    var isReading: Bool { self == .reading || self == .preparing }
}

extension VaultError {
    /// What a code of SQLite means to whoever uses the vault.
    ///
    /// - Parameter systemError: the `errno` behind it, 0 where there is none.
    static func sqlite(
        _ code: SQLiteCode, while activity: SQLiteActivity, systemError: Int32 = 0
    ) -> VaultError {
        let doing = activity.rawValue
        let cause = systemError == 0 ? code.text : systemMessage(systemError)
        // SQLite may report a failure of a commit that was durable already, when its directory could not be synced.
        let effect = activity == .committing ? "whether it took effect is not known" : "the vault is as it was"
        let look = activity == .committing ? "look with vaultctl audit list" : nil
        switch code.primary {
        case .busy, .locked:
            return VaultError(
                .tryAgain, "the vault is busy: \(doing) waited too long for another process", hint: "try again")
        case .full:
            return VaultError(.inputOutput, "the disk is full (while \(doing)); \(effect)", hint: look)
        case .inputOutput, .cannotOpen, .noMemory, .permission:
            return VaultError(
                .inputOutput, "\(doing) failed: \(cause) (SQLite \(code.rawValue)); \(effect)", hint: look)
        case .corrupt where systemError != 0:
            return VaultError(.inputOutput, "\(doing) failed: \(cause); the vault is as it was", hint: "check the disk")
        case .readOnly where code == .movedFile:
            return .fileReplaced
        case .readOnly:
            return VaultError(
                .inputOutput, "\(doing) failed: the vault or its directory cannot be written to",
                hint: "check the file system and the owner of the directory")
        case .notADatabase:
            return VaultError(.damaged, "the file is not a vault", hint: "give the vault's path with --vault")
        case .error where activity.isReading, .tooBig where activity.isReading:
            // A schema that SQLite cannot read, or a value larger than any of ours, is what an edited file looks like.
            return .damaged("\(code.text) while \(doing)")
        case .constraint, .error, .misuse, .tooBig:
            return VaultError(.internalError, "\(doing) failed: \(code.text) (SQLite \(code.rawValue))")
        default:
            return .damaged("\(code.text) while \(doing)")
        }
    }
}
