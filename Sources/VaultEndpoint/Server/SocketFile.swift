internal import Glibc
internal import Vault

/// The file of a Unix socket that somebody listens at: mode 0600, in a directory that this user alone can reach.
struct SocketFile: Sendable {
    let path: String
    /// Tell whether the file is still the one that was made.
    private let device: UInt64
    private let inode: UInt64

    /// The longest path that a socket can have, in bytes (unix(7): 108 with the zero at its end).
    private static let longestPath = 107

    /// Makes the file, in a directory made with mode 0700 when it is missing. One that nobody listens at any more is
    /// replaced.
    ///
    /// Two that begin at the same time take turns by a lock on the directory. Nothing else of it remains.
    static func listen(at path: String, backlog: Int32) throws(VaultError) -> (descriptor: Int32, file: SocketFile) {
        guard path.hasPrefix("/"), !path.utf8.contains(0) else {
            throw VaultError(.usage, "the path of a socket begins with a slash")
        }
        guard path.utf8.count <= longestPath else {
            throw VaultError(
                .usage, "the path of a socket has at most \(longestPath) bytes", hint: "choose a shorter one")
        }
        let directory = PrivateDirectory.parent(of: path)
        try PrivateDirectory.make(directory)
        try PrivateDirectory.check(directory)
        let turn = try DirectoryTurn(directory)
        defer { turn.end() }
        if let status = try FileStatus(of: path) {
            guard status.isSocket else {
                throw VaultError(.exists, "there is something else than a socket at \(path)", hint: "move it away")
            }
            guard try isStale(path) else { throw VaultError(.exists, "somebody listens at \(path) already") }
            guard unsafe unlink(path) == 0 else { throw failure("the stale socket cannot be removed", path) }
        }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        var status = stat()
        guard descriptor >= 0, unsafe withAddress(path, { unsafe bind(descriptor, $0, $1) == 0 }),
            unsafe chmod(path, 0o600) == 0, Glibc.listen(descriptor, backlog) == 0, unsafe lstat(path, &status) == 0
        else {
            let error = failure("the endpoint cannot listen", path)
            if descriptor >= 0 { _ = close(descriptor) }
            throw error
        }
        return (descriptor, SocketFile(path: path, device: UInt64(status.st_dev), inode: UInt64(status.st_ino)))
    }

    /// Takes the file away, unless somebody has put another one in its place.
    func remove() {
        // A directory that cannot be locked is gone, or not ours any more: so is the file.
        guard let turn = try? DirectoryTurn(PrivateDirectory.parent(of: path)) else { return }
        defer { turn.end() }
        var status = stat()
        guard unsafe lstat(path, &status) == 0, UInt64(status.st_dev) == device, UInt64(status.st_ino) == inode
        else { return }
        _ = unsafe unlink(path)
    }

    /// Whether nobody listens at the path.
    private static func isStale(_ path: String) throws(VaultError) -> Bool {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let probe = socket(AF_UNIX, kind, 0)
        guard probe >= 0 else { throw failure("no socket can be made for", path) }
        defer { _ = close(probe) }
        // One whose queue is full (EAGAIN) is alive.
        return unsafe !withAddress(path) { unsafe connect(probe, $0, $1) == 0 || errno != ECONNREFUSED }
    }

    private static func failure(_ what: String, _ path: String) -> VaultError {
        VaultError(.inputOutput, "\(what) at \(path): \(systemMessage(errno))")
    }

    private static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        return unsafe withUnsafePointer(to: address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// A lock on a directory among those who make and remove sockets in it; it is held for a moment.
private struct DirectoryTurn {
    private let descriptor: Int32

    init(_ path: String) throws(VaultError) {
        descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw VaultError(.inputOutput, "\(path) cannot be opened: \(systemMessage(errno))")
        }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let code = errno
                _ = close(descriptor)
                throw VaultError(.inputOutput, "\(path) cannot be locked: \(systemMessage(code))")
            }
        }
    }

    func end() { _ = close(descriptor) }
}
