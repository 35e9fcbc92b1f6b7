private import Glibc

/// Where an anchor lies: `<state directory>/<vault id>.anchor`.
struct AnchorFile: Sendable {
    let path: String
    let directory: String
    /// Keeps two processes from writing at once.
    let lock: LockFile

    init(directory: String, vaultID: [UInt8], lock: LockFile) {
        self.directory = directory
        path = directory + "/" + vaultID.hexadecimal + ".anchor"
        self.lock = lock
    }

    /// - Returns: nil when there is none.
    func read() throws(VaultError) -> [UInt8]? {
        do throws(Errno) {
            return try FileDescriptor(opening: path, O_RDONLY).read(atMost: Anchor.longest + 1)
        } catch .noSuchFile {
            return nil
        } catch {
            throw .system(error.number, "cannot read the anchor", path: path)
        }
    }

    /// Writes `anchor` so that a crash leaves the old one or the new one.
    ///
    /// - Parameter lowering: whether an anchor that has seen more may be replaced.
    func write(_ anchor: Anchor, key: borrowing SecretBytes, lowering: Bool = false) throws(VaultError) {
        try PrivateDirectory.make(directory)
        let held = try lock.take(.anchor)
        if !lowering, let bytes = try read(), let current = Anchor(bytes, vaultID: anchor.vaultID, key: key),
            current.transactions >= anchor.transactions
        {
            return
        }
        let temporary = path + ".new"
        do throws(Errno) {
            // Whoever held the lock before and died may have left it.
            let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC)
            try file.write(anchor.bytes(key: key))
            try file.sync()
            guard unsafe rename(temporary, path) == 0 else { throw Errno(number: errno) }
            try FileDescriptor(opening: directory, O_RDONLY | O_DIRECTORY).sync()
        } catch {
            throw .system(error.number, "cannot write the anchor", path: path)
        }
        held.release()
    }
}
