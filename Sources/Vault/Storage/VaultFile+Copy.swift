private import Glibc

extension VaultFile {
    /// Where the vault as it was in an older format is kept.
    func pathOfCopy(inFormat version: Int64) -> String { "\(path).format-\(version)" }

    /// Copies the database as it is committed, durably and for this user alone; one that was begun before is replaced.
    ///
    /// - Throws: code `inputOutput`, as for a full disk; the vault is as it was.
    func copy(to target: String) throws(VaultError) {
        guard unsafe unlink(target) == 0 || errno == ENOENT else {
            throw .system(errno, "cannot replace", path: target)
        }
        do throws(Errno) {
            // SQLite would make it 0644; it takes an empty file as it is.
            _ = try FileDescriptor(opening: target, O_RDWR | O_CREAT | O_EXCL)
        } catch {
            throw .system(error.number, "cannot make", path: target)
        }
        let connection = try SQLiteConnection(path: path, access: .readWrite)
        try connection.run("VACUUM INTO ?1", [.text(target)])
        do throws(Errno) {
            try FileDescriptor(opening: target, O_RDONLY).sync()
        } catch {
            throw .system(error.number, "cannot make durable", path: target)
        }
        try PrivateDirectory.sync(directory)
    }
}
