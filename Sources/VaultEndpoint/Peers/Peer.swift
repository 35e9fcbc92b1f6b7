internal import CLinux
internal import Glibc
internal import NIOCore
internal import NIOPosix
internal import Vault

/// Who is at the other end of a connection, as far as the system tells.
struct Peer: Sendable {
    /// Nil where it does not tell: another network namespace, say.
    var uid: UInt32?
    /// For the record.
    var client: Caller.Client?

    /// Whether it may be this user's process.
    ///
    /// Nobody is refused for what is not known: the secret says who may ask. Where another user is known to ask, the secret
    /// has got where it does not belong.
    var isOwn: Bool { uid.map { $0 == geteuid() } ?? true }

    /// Blocks the thread for some milliseconds, with TCP.
    init(of connection: ConnectionEnds) async {
        if let ends = connection.ends {
            guard let socket = TCPSocketTable.socket(from: ends.remote, to: ends.local) else { return }
            uid = socket.uid
            // Those of others cannot be looked into.
            if isOwn { client = SocketHolder.process(holding: socket.inode).map(Caller.Client.init(process:)) }
            return
        }
        guard let peer = await connection.unixPeer() else { return }
        uid = peer.uid
        // 0 for a process of another name space.
        if peer.pid > 0 { client = Caller.Client(process: peer.pid) }
    }
}

/// A connection's two ends.
struct ConnectionEnds: Sendable {
    private let channel: any Channel

    init(_ channel: any Channel) {
        self.channel = channel
    }

    /// Of TCP.
    var ends: (local: TCPEnd, remote: TCPEnd)? {
        guard let local = channel.localAddress.flatMap(TCPEnd.init),
            let remote = channel.remoteAddress.flatMap(TCPEnd.init)
        else { return nil }
        return (local, remote)
    }

    /// What the kernel noted when the connection was made (unix(7), `SO_PEERCRED`).
    func unixPeer() async -> (pid: Int32, uid: UInt32)? {
        let found = channel.eventLoop.submit { [channel] () throws -> (pid: Int32, uid: UInt32)? in
            try channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) { socket in
                var (pid, uid) = (pid_t(), uid_t())
                return unsafe linux_peer(socket, &pid, &uid) == 0 ? (pid, uid) : nil
            } ?? nil
        }
        // A connection that ended meanwhile has no peer.
        return (try? await found.get()) ?? nil
    }
}

extension Caller.Client {
    fileprivate init(process: Int32) {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe readlink("/proc/\(process)/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        self.init(pid: process, executable: count > 0 ? path : nil)
    }
}
