private import Glibc

/// Where an anchor lies: `<state directory>/<vault id>.anchor`.
struct AnchorFile: Sendable {
    let path: String
    let directory: String
    /// Keeps two processes from writing at once, wherever the copies of the vault lie that they work on.
    private let lock: LockFile

    init(directory: String, vaultID: [UInt8]) {
        self.directory = directory
        path = directory + "/" + vaultID.hexadecimal + ".anchor"
        lock = LockFile(path: directory + "/anchors.lock")
    }

    /// - Returns: nil when there is none.
    ///
    /// - Throws: codes `inputOutput`, and `locked` when others can reach the directory.
    func read() throws(VaultError) -> [UInt8]? {
        guard try FileStatus(of: directory) != nil else { return nil }
        try PrivateDirectory.check(directory)
        do throws(Errno) {
            return try FileDescriptor.reading(path).read(atMost: Anchor.longest + 1)
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
        try PrivateDirectory.check(directory)
        let held = try lock.take(.anchor)
        defer { held.release() }
        if !lowering, let bytes = try read(), let current = Anchor(bytes, vaultID: anchor.vaultID, key: key),
            current.transactions >= anchor.transactions
        {
            return
        }
        let temporary = path + ".new"
        do throws(Errno) {
            // Whoever held the lock before and died may have left it.
            let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK)
            try file.write(anchor.bytes(key: key))
            try file.sync()
            guard unsafe rename(temporary, path) == 0 else { throw Errno(number: errno) }
        } catch {
            throw .system(error.number, "cannot write the anchor", path: path)
        }
        // The directory is not synced: an anchor that lies behind after a power loss is no finding.
    }
}
