private import CLinux
private import Glibc

/// A file that lines are added to, and that somebody else may rename at any time, as logrotate does.
struct LineFile: ~Copyable {
    let path: String
    private let file: FileDescriptor
    private let identity: Identity
    /// Whether the file ends in a part of a line.
    private var isTorn: Bool

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t

        init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
        }
    }

    /// Opens the file, and makes it with mode 0600 when there is none. What hangs when it is opened or written, as a pipe
    /// that nobody reads, is refused.
    ///
    /// - Throws: code `inputOutput`.
    init(appendingTo path: String) throws(VaultError) {
        let file = try Self.open(path)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw .system(errno, "cannot look at", path: path) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw VaultError(.inputOutput, "\(path) is no regular file") }
        var last: UInt8 = 0x0a
        isTorn = unsafe status.st_size > 0 && pread(file.number, &last, 1, status.st_size - 1) == 1 && last != 0x0a
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

    /// Whether lines could be added to a file at `path`, before there is one.
    ///
    /// - Throws: code `usage`.
    static func check(_ path: String) throws(VaultError) {
        let directory = PrivateDirectory.parent(of: path)
        guard let resolved = try PrivateDirectory.resolved(directory), try FileStatus(of: resolved)?.isDirectory == true
        else {
            throw VaultError(.usage, "there is no directory \(directory)", hint: "make it first")
        }
        if let file = try FileStatus(of: path), !file.isRegularFile {
            throw VaultError(.usage, "\(path) is no regular file", hint: "name a file, or one that is still to be made")
        }
    }

    /// Whether it still has its name.
    borrowing func isInPlace() -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && Identity(status) == identity
    }

    /// Adds a line with one write, so that those of several processes do not mix.
    ///
    /// - Parameter line: with its newline.
    mutating func append(_ line: [UInt8]) throws(VaultError) {
        // What a full disk left of a line must not spoil the next one.
        let bytes = isTorn ? [0x0a] + line : line
        while true {
            let count = unsafe bytes.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count != bytes.count else {
                isTorn = false
                return
            }
            if count > 0 { isTorn = true }
            throw .system(count < 0 ? errno : ENOSPC, "cannot write to", path: path)
        }
    }
}
