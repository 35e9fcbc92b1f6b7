private import Glibc

extension VaultFile {
    /// Where the vault as it was in an older format is kept.
    func pathOfCopy(inFormat version: Int64) -> String { "\(path).format-\(version)" }

    /// Copies the database as it is committed, durably and for this user alone; one that was begun before is replaced.
    ///
    /// - Throws: code `inputOutput`, as for a full disk; the vault is as it was.
    func copy(to target: String) throws(VaultError) {
        let temporary = target + ".new"
        guard unsafe unlink(temporary) == 0 || errno == ENOENT else {
            throw .system(errno, "cannot replace", path: temporary)
        }
        do throws(Errno) {
            // SQLite would make it 0644; it takes an empty file as it is.
            _ = try FileDescriptor(opening: temporary, O_RDWR | O_CREAT | O_EXCL)
        } catch {
            throw .system(error.number, "cannot make", path: temporary)
        }
        defer { _ = unsafe unlink(temporary) }
        let connection = try SQLiteConnection(path: path, access: .readWrite)
        try connection.run("VACUUM INTO ?1", [.text(temporary)])
        do throws(Errno) {
            try FileDescriptor(opening: temporary, O_RDONLY).sync()
        } catch {
            throw .system(error.number, "cannot make durable", path: temporary)
        }
        guard unsafe rename(temporary, target) == 0 else { throw .system(errno, "cannot replace", path: target) }
        try PrivateDirectory.sync(directory)
    }
}
