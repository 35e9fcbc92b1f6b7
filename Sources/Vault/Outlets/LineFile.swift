private import CLinux
private import Glibc

/// A file that lines are added to, and that somebody else may rename at any time, as logrotate does.
struct LineFile: ~Copyable {
    let path: String
    private let file: FileDescriptor
    private let identity: Identity

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t

        init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
        }
    }

    /// Opens the file, and makes it with mode 0600 when there is none. What hangs when it is opened or written, as a pipe
    /// that nobody reads, is refused, and so is what others could write to.
    ///
    /// - Throws: code `inputOutput`.
    init(appendingTo path: String) throws(VaultError) {
        let file = try Self.open(path)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw .system(errno, "cannot look at", path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw VaultError(.inputOutput, "\(path) is no regular file") }
        if let why = Self.complaint(owner: status.st_uid, mode: status.st_mode) {
            throw VaultError(.inputOutput, "\(path) \(why)")
        }
        self.path = path
        self.file = file
        identity = Identity(status)
    }

    private static func open(_ path: String) throws(VaultError) -> FileDescriptor {
        do throws(Errno) {
            return try FileDescriptor(opening: path, O_RDWR | O_APPEND | O_CREAT | O_NONBLOCK | O_NOCTTY)
        } catch {
            throw .system(error.number, "cannot write to", path: path)
        }
    }

    /// Nil where this user alone can write.
    private static func complaint(owner: UInt32, mode: UInt32) -> String? {
        if owner != geteuid() { return "belongs to another user (uid \(owner))" }
        return mode & 0o022 == 0 ? nil : "can be written by others (mode 0\(String(mode & 0o7777, radix: 8)))"
    }

    /// Whether lines could be added to a file at `path`, before there is one.
    ///
    /// - Parameter vault: lines would spoil it, and what belongs to it.
    /// - Throws: code `usage`.
    static func check(_ path: String, besides vault: VaultFile, stateDirectory: String) throws(VaultError) {
        let directory = PrivateDirectory.parent(of: path)
        guard let resolved = try PrivateDirectory.resolved(directory), try FileStatus(of: resolved)?.isDirectory == true
        else {
            throw VaultError(.usage, "there is no directory \(directory)", hint: "make it first")
        }
        if let file = try FileStatus(of: path), !file.isRegularFile {
            throw VaultError(.usage, "\(path) is no regular file", hint: "name a file, or one that is still to be made")
        }
        if let file = try FileStatus(of: path), let why = complaint(owner: file.owner, mode: file.mode) {
            throw VaultError(.usage, "\(path) \(why)", hint: "name a file that this user alone can write to")
        }
        let name = path.split(separator: "/").last.map(String.init) ?? ""
        let canonical = (resolved == "/" ? "" : resolved) + "/" + name
        let own = ["", ".lock", "-journal", "-wal", "-shm"].map { vault.path + $0 }
        let isOwn = own.contains { $0 == canonical || isSameFile($0, path) }
        guard !isOwn, try resolved != PrivateDirectory.resolved(stateDirectory) else {
            throw VaultError(
                .usage, "\(path) belongs to the vault itself", hint: "name a file that is for nothing else")
        }
    }

    /// Whether both are names of one file, as hard links are.
    private static func isSameFile(_ one: String, _ other: String) -> Bool {
        var first = stat()
        var second = stat()
        return unsafe lstat(one, &first) == 0 && lstat(other, &second) == 0 && Identity(first) == Identity(second)
    }

    /// Whether it still has its name.
    borrowing func isInPlace() -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && Identity(status) == identity
    }

    /// Adds a line with one write, so that those of several processes do not mix.
    ///
    /// - Parameter line: with its newline.
    borrowing func append(_ line: [UInt8]) throws(VaultError) {
        // What a full disk left of a line must not spoil the next one, whichever process wrote it.
        let bytes = try isTorn() ? [0x0a] + line : line
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count != bytes.count else { return }
            throw .system(count < 0 ? errno : ENOSPC, "cannot write to", path: path)
        }
    }

    /// Whether the file ends in a part of a line.
    private borrowing func isTorn() throws(VaultError) -> Bool {
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw .system(errno, "cannot look at", path: path) }
        guard status.st_size > 0 else { return false }
        var last: UInt8 = 0x0a
        // Nothing is there when it was made shorter meanwhile.
        guard unsafe pread(file.number, &last, 1, status.st_size - 1) >= 0 else {
            throw .system(errno, "cannot read", path: path)
        }
        return last != 0x0a
    }
}
