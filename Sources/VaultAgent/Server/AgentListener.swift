private import CLinux
private import Glibc
public import Vault

/// A listening Unix socket that this user alone can reach.
public struct AgentListener: ~Copyable, Sendable {
    let descriptor: Int32
    /// Nil for a socket that is somebody else's to remove.
    private let path: String?
    /// Held for as long as it listens: what tells a stale socket from a live one.
    private let lock: HeldLock?

    private static let backlog: Int32 = 256

    /// Makes a socket at `path`, in a directory made with mode 0700 when it is missing. A socket that nobody listens at any
    /// more is replaced.
    ///
    /// - Throws: code `exists` when an agent listens there; `locked` when others can reach the directory; `usage` for a
    ///   path that is too long.
    public init(at path: String) throws(VaultError) {
        let lock = try Self.claim(path)
        do throws(VaultError) {
            descriptor = try Self.listen(at: path)
        } catch {
            lock.release()
            throw error
        }
        self.path = path
        self.lock = lock
    }

    /// Makes sure that nobody listens at `path`, and that nobody will.
    private static func claim(_ path: String) throws(VaultError) -> HeldLock {
        let directory = PrivateDirectory.parent(of: path)
        try PrivateDirectory.make(directory)
        try PrivateDirectory.check(directory)
        guard let lock = try LockFile(path: path + ".lock").takeIfFree(.listening) else {
            throw VaultError(.exists, "an agent listens at \(path) already", hint: "vaultctl status")
        }
        guard let status = try FileStatus(of: path) else { return lock }
        guard status.isSocket else {
            throw VaultError(.exists, "there is something else than a socket at \(path)", hint: "move it away")
        }
        // One that systemd made, or whose lock file somebody removed.
        guard try ClientSocket.connect(to: path) == nil else {
            lock.release()
            throw VaultError(.exists, "an agent listens at \(path) already", hint: "vaultctl status")
        }
        guard unsafe unlink(path) == 0 else { throw .system(errno, "cannot remove the stale socket", path: path) }
        return lock
    }

    private static func listen(at path: String) throws(VaultError) -> Int32 {
        let flags = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let descriptor = socket(AF_UNIX, Int32(flags), 0)
        // The directory keeps others out; the mode says the same.
        guard descriptor >= 0, try bind(descriptor, to: path), unsafe chmod(path, 0o600) == 0,
            Glibc.listen(descriptor, backlog) == 0
        else {
            let code = errno
            if descriptor >= 0 { close(descriptor) }
            throw .system(code, "the agent cannot listen at", path: path)
        }
        return descriptor
    }

    /// Takes over a socket that listens already, as systemd hands it to a service.
    ///
    /// - Throws: code `usage` unless it is a Unix stream socket.
    public init(inherited descriptor: Int32) throws(VaultError) {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let code = unsafe withUnsafeMutableBytes(of: &address) { bytes in
            unsafe getsockname(descriptor, bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self), &length)
        }
        var isListening: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard code == 0, address.sun_family == sa_family_t(AF_UNIX),
            unsafe getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size) == 0, isListening != 0
        else { throw VaultError(.usage, "the descriptor that was inherited is no Unix socket that listens") }
        guard fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK) == 0,
            fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        else { throw VaultError(.inputOutput, "the inherited socket cannot be set up") }
        self.descriptor = descriptor
        path = nil
        lock = nil
    }

    deinit {
        // While the lock is held the socket at the path is this one.
        if let path { _ = unsafe unlink(path) }
        close(descriptor)
        lock?.release()
    }

    private static func bind(_ descriptor: Int32, to path: String) throws(VaultError) -> Bool {
        var address = try sockaddr_un(path: path)
        let code = unsafe withUnsafeBytes(of: &address) { bytes in
            unsafe bytes.withMemoryRebound(to: sockaddr.self) { address in
                unsafe Glibc.bind(descriptor, address.baseAddress, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return code == 0
    }

    /// - Returns: a connection that somebody made; nil when nobody waits.
    /// - Throws: code `tryAgain` while there are no descriptors left.
    static func accept(_ descriptor: Int32) throws(VaultError) -> Int32? {
        while true {
            let socket = linux_accept(descriptor)
            if socket >= 0 { return socket }
            switch errno {
            // A client that has hung up already is none.
            case EINTR, ECONNABORTED: continue
            case EAGAIN: return nil
            default: throw VaultError(.tryAgain, "too many open files")
            }
        }
    }
}
