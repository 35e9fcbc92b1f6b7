internal import Glibc
internal import Vault

/// A socket that clients can connect to; they wait in the kernel until somebody accepts them.
struct ListeningSocket: ~Copyable, Sendable {
    let descriptor: Int32
    /// Of TCP.
    let port: UInt16?
    /// What `Host` may be, in lower case.
    let hosts: Set<String>
    /// As URLs have host and port; nil for a Unix socket.
    let authority: String?
    /// Of a Unix socket.
    let file: SocketFile?

    /// How many may wait to be accepted. Beyond that the kernel lets a client try again after seconds.
    private static let backlog: Int32 = 4096

    /// - Throws: codes `usage` for an address that is none, or not of this machine alone; `exists` when somebody listens
    ///   there; `locked` when others can reach the directory of a Unix socket; `inputOutput`.
    init(at address: EndpointAddress) throws(VaultError) {
        switch address {
        case .tcp(let host, let port):
            let loopback = try LoopbackAddress(host)
            let descriptor = try Self.listen(loopback, port)
            // What a socket that listens does not lack.
            let port = LoopbackAddress.port(of: descriptor) ?? port
            let authority = "\(loopback.inURL):\(port)"
            var names = [loopback.inURL, "localhost"]
            if !loopback.isSixth { names.append("127.0.0.1") }
            // A client leaves out the port that HTTP has anyway.
            let hosts = names.map { "\($0):\(port)" } + (port == 80 ? names : [])
            self.init(descriptor: descriptor, port: port, hosts: Set(hosts), authority: authority, file: nil)
        case .unix(let path):
            let (descriptor, file) = try SocketFile.listen(at: path, backlog: Self.backlog)
            self.init(descriptor: descriptor, port: nil, hosts: ["localhost"], authority: nil, file: file)
        }
    }

    private init(descriptor: Int32, port: UInt16?, hosts: Set<String>, authority: String?, file: SocketFile?) {
        self.descriptor = descriptor
        self.port = port
        self.hosts = hosts
        self.authority = authority
        self.file = file
    }

    deinit { _ = close(descriptor) }

    /// The same socket for another owner, who closes it.
    borrowing func duplicate() throws(VaultError) -> Int32 {
        let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw VaultError(.inputOutput, "too many open files: \(systemMessage(errno))") }
        return copy
    }

    /// Lets so many wait at a socket that listens already. Where that fails, fewer do.
    static func lengthenQueue(of descriptor: Int32) { _ = Glibc.listen(descriptor, backlog) }

    private static func listen(_ address: LoopbackAddress, _ port: UInt16) throws(VaultError) -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(address.family, kind, 0)
        var isOn: Int32 = 1
        // Connections that ended a moment ago do not keep the port; who listens does.
        guard descriptor >= 0,
            unsafe setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &isOn, socklen_t(MemoryLayout<Int32>.size)) == 0,
            address.bind(descriptor, port: port), Glibc.listen(descriptor, backlog) == 0
        else {
            let code = errno
            if descriptor >= 0 { _ = close(descriptor) }
            let place = "\(address.inURL):\(port)"
            switch code {
            case EADDRINUSE:
                throw VaultError(
                    .exists, "somebody listens at \(place) already",
                    hint: "choose another port, or 0 for one that is free")
            case EACCES:
                throw VaultError(
                    .inputOutput, "the endpoint may not listen at \(place): \(systemMessage(code))",
                    hint: "choose a port above 1023, or 0 for one that is free")
            default:
                throw VaultError(.inputOutput, "the endpoint cannot listen at \(place): \(systemMessage(code))")
            }
        }
        return descriptor
    }
}

/// What the system calls an error number.
func systemMessage(_ code: Int32) -> String {
    guard let text = unsafe strerror(code) else { return "error \(code)" }
    return unsafe String(cString: text).lowercased()
}
