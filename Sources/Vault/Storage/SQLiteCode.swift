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
    static let inputOutput = SQLiteCode(rawValue: SQLITE_IOERR)
    static let full = SQLiteCode(rawValue: SQLITE_FULL)
    static let cannotOpen = SQLiteCode(rawValue: SQLITE_CANTOPEN)
    static let constraint = SQLiteCode(rawValue: SQLITE_CONSTRAINT)
    static let tooBig = SQLiteCode(rawValue: SQLITE_TOOBIG)
    static let authorization = SQLiteCode(rawValue: SQLITE_AUTH)
    static let permission = SQLiteCode(rawValue: SQLITE_PERM)

    /// SQLite's own words for it.
    var text: String { unsafe String(cString: sqlite3_errstr(rawValue)) }
}

extension VaultError {
    /// What a code of SQLite means to whoever uses the vault.
    static func sqlite(_ code: SQLiteCode, while doing: String) -> VaultError {
        switch code.primary {
        case .busy, .locked:
            VaultError(.tryAgain, "the vault is busy: \(doing) waited too long for another process")
        case .full:
            VaultError(.inputOutput, "the disk is full (while \(doing)); the vault is as it was")
        case .inputOutput, .cannotOpen, .noMemory, .permission:
            VaultError(.inputOutput, "\(doing) failed: \(code.text) (SQLite \(code.rawValue)); the vault is as it was")
        case .readOnly:
            VaultError(
                .inputOutput, "\(doing) failed: the vault or its directory cannot be written to",
                hint: "check the file system and the owner of the directory")
        case .constraint:
            VaultError(.internalError, "\(doing) failed: \(code.text) (SQLite \(code.rawValue))")
        default:
            .damaged("\(code.text) while \(doing)")
        }
    }
}
