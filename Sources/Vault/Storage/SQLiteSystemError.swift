private import CSQLite
private import Glibc

extension SQLiteCode {
    /// The `errno` behind this code, just given by `connection`; 0 where there is none.
    ///
    /// SQLite takes a read that the disk refuses for a damaged file. The file's own last error tells the two apart: without
    /// it a failing disk would be reported as tampering.
    func systemError(on connection: OpaquePointer?) -> Int32 {
        guard primary == .corrupt else { return unsafe sqlite3_system_errno(connection) }
        var last: Int32 = 0
        let code = unsafe sqlite3_file_control(connection, "main", SQLITE_FCNTL_LAST_ERRNO, &last)
        return code == SQLITE_OK && [EIO, ENXIO, ERANGE].contains(last) ? last : 0
    }
}
