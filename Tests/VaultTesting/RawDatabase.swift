internal import CSQLite

/// SQLite without any of the vault's guards.
@safe
package final class RawDatabase {
    private let handle: OpaquePointer

    package struct Failure: Error {
        var message: String
    }

    package init(_ path: String) throws {
        var opened: OpaquePointer?
        guard unsafe sqlite3_open(path, &opened) == SQLITE_OK, let handle = unsafe opened else {
            throw Failure(message: "cannot open \(path)")
        }
        unsafe self.handle = handle
    }

    deinit { unsafe sqlite3_close(handle) }

    package func execute(_ sql: String) throws {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else {
            throw Failure(message: unsafe String(cString: sqlite3_errmsg(handle)))
        }
    }
}
