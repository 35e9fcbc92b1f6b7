internal import CLinux
internal import Glibc
internal import Vault

/// The client's end of a Unix stream socket, whose other end is an agent of the same user.
struct ClientSocket: ~Copyable, Sendable {
    let number: Int32
    /// The agent's process; 0 where this one cannot see it.
    private var peer: Int32 = 0

    /// Seconds that connecting, or handing over a part of a request, may take.
    private static let patience = 10

    /// - Returns: nil when nobody listens at `path`.
    /// - Throws: codes `usage` for a path that no socket can have, `locked` when it is not ours to use, `unavailable`.
    static func connect(to path: String) throws(VaultError) -> ClientSocket? {
        var address = try sockaddr_un(path: path)
        var socket = try ClientSocket()
        while VaultAgent.connect(socket.number, &address) != 0 {
            switch errno {
            case EINTR: continue
            case ENOENT, ECONNREFUSED, ENOTDIR: return nil
            case EACCES, EPERM:
                throw VaultError(
                    .locked, "the agent's socket \(path) is not accessible: \(systemMessage(errno))",
                    hint: "check its owner and mode: ls -ld \(path)")
            default:
                throw VaultError(
                    .unavailable, "the agent cannot be reached at \(path): \(systemMessage(errno))",
                    hint: "vaultctl --no-agent opens the vault without it")
            }
        }
        try socket.checkPeer()
        return socket
    }

    private init() throws(VaultError) {
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else {
            throw VaultError(.unavailable, "no socket can be made: \(systemMessage(errno))")
        }
        // A stopped agent lets others wait: in connect(2) when enough of them do, in send(2) when a buffer is full.
        var patience = timeval(tv_sec: Self.patience, tv_usec: 0)
        _ = unsafe setsockopt(number, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { _ = close(number) }

    /// Asks the kernel who listens: a secret must never go to a stranger.
    private mutating func checkPeer() throws(VaultError) {
        var uid: uid_t = 0
        guard unsafe linux_peer(number, &peer, &uid) == 0 else {
            throw VaultError(.locked, "nobody knows whose the agent's socket is: \(systemMessage(errno))")
        }
        guard uid == geteuid() else {
            throw VaultError(
                .locked, "the agent's socket belongs to another user (uid \(uid))",
                hint: "name one of your own with VAULTCTL_AGENT_SOCKET, or vaultctl --no-agent")
        }
    }

    /// How to be rid of an agent that cannot be talked to.
    var hintToEnd: String {
        // `kill 0` would end whoever follows the hint.
        peer > 0 ? "kill \(peer), then vaultctl unlock" : "end the agent's process, then vaultctl unlock"
    }

    /// Hands over all of `bytes`.
    ///
    /// - Returns: false when the agent does not listen any more. It may have said why before it stopped.
    borrowing func send(_ bytes: RawSpan) throws(VaultError) -> Bool {
        var sent = 0
        while sent < bytes.byteCount {
            let count = unsafe bytes.withUnsafeBytes { bytes in
                unsafe Glibc.send(
                    number, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EPIPE, ECONNRESET: return false
            default:
                throw VaultError(
                    .unavailable, "the agent does not take the request: \(systemMessage(errno))",
                    hint: hintToEnd)
            }
        }
        return true
    }

    /// Waits for bytes and reads what is there.
    ///
    /// - Returns: how many bytes; 0 when the agent is gone.
    borrowing func receive(into bytes: UnsafeMutableRawBufferPointer) throws(VaultError) -> Int {
        while true {
            let count = unsafe recv(number, bytes.baseAddress, bytes.count, 0)
            if count >= 0 { return count }
            switch errno {
            case EINTR: continue
            case ECONNRESET: return 0
            default: throw VaultError(.unavailable, "the agent cannot be heard: \(systemMessage(errno))")
            }
        }
    }

    /// Waits until something can be received, the end included.
    ///
    /// - Returns: false when nothing came until then.
    borrowing func waits(until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = max(.zero, deadline - .now)
            let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000 + 1
            var poll = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
            let ready = unsafe Glibc.poll(&poll, 1, Int32(clamping: milliseconds))
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}

extension sockaddr_un {
    /// - Throws: code `usage` for a path that the kernel has no room for.
    init(path: String) throws(VaultError) {
        self.init()
        sun_family = sa_family_t(AF_UNIX)
        guard (1...AgentSocket.longestPath).contains(path.utf8.count), !path.utf8.contains(0) else {
            throw VaultError(
                .usage,
                "the path of the agent's socket is too long or empty; it may have \(AgentSocket.longestPath) bytes",
                hint: "name a shorter one with VAULTCTL_AGENT_SOCKET")
        }
        unsafe withUnsafeMutableBytes(of: &sun_path) { unsafe $0.copyBytes(from: path.utf8) }
    }
}

/// `connect(2)` with the address as C takes it.
private func connect(_ socket: Int32, _ address: inout sockaddr_un) -> Int32 {
    unsafe withUnsafePointer(to: &address) { pointer in
        unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            unsafe Glibc.connect(socket, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
}
