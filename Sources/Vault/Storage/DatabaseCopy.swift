private import Glibc

/// A copy of a database that has no name of its own yet: it lies beside the place that it is meant for, for this user
/// alone, until it is put there whole or removed.
///
/// Whoever makes one at a path is the only one who does: a lock sees to that.
struct DatabaseCopy: Sendable {
    let path: String

    /// Copies what is committed, durably; what a killed process may have left at `path` is replaced. Others go on reading,
    /// and wait with their commits until it is done.
    ///
    /// - Parameters:
    ///   - connection: its database is copied as of one moment. It has no transaction open.
    ///   - path: in a directory without symbolic links.
    ///   - code: of the error when nothing can be made there.
    /// - Throws: code `inputOutput`, as for a full disk, and `damaged`; nothing is left at `path` then.
    init(
        of connection: SQLiteConnection, at path: String, orElse code: VaultError.Code = .inputOutput
    ) throws(VaultError) {
        self.path = path
        try remove()
        do throws(Errno) {
            // SQLite would make it 0644; it takes an empty file as it is.
            _ = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_EXCL)
        } catch {
            throw VaultError(code, "cannot create \(path): \(systemMessage(error.number))")
        }
        do throws(VaultError) {
            try connection.run("VACUUM INTO ?1", [.text(path)])
            try sync()
        } catch {
            // The failure that led here is the one to tell.
            discard()
            throw error
        }
    }

    /// Makes what was written to it durable.
    func sync() throws(VaultError) {
        do throws(Errno) {
            try FileDescriptor(opening: path, O_RDONLY).sync()
        } catch {
            throw .system(error.number, "cannot make durable", path: path)
        }
    }

    /// Gives it its name.
    ///
    /// - Parameter replacing: whether what lies at `target` is to go.
    /// - Throws: code `exists` when something is at `target` and is not to be replaced, else `inputOutput`; what was at
    ///   `target` is there then.
    func put(at target: String, replacing: Bool) throws(VaultError) {
        let directory = PrivateDirectory.parent(of: target)
        if replacing {
            guard unsafe rename(path, target) == 0 else { throw .system(errno, "cannot replace", path: target) }
            // Should this fail it may be the old one after a power loss: also a whole one.
            try PrivateDirectory.sync(directory)
            return
        }
        // link(2), unlike rename(2), never replaces what somebody else put there meanwhile.
        guard unsafe link(path, target) == 0 else {
            throw errno == EEXIST
                ? VaultError(.exists, "there is a file at \(target) already", hint: "name another one, or give --force")
                : .system(errno, "cannot create", path: target)
        }
        do throws(VaultError) {
            try PrivateDirectory.sync(directory)
        } catch {
            // Its maker is about to hear that it could not be made.
            _ = unsafe unlink(target)
            throw error
        }
    }

    /// Removes it, where it still has no name.
    func discard() {
        // What cannot be removed is replaced by the next one that is made here.
        for path in [path, path + "-journal"] { _ = unsafe unlink(path) }
    }

    private func remove() throws(VaultError) {
        for path in [path, path + "-journal"] {
            guard unsafe unlink(path) == 0 || errno == ENOENT else {
                throw .system(errno, "cannot replace", path: path)
            }
        }
    }
}
