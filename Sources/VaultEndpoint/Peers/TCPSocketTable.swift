internal import Glibc
internal import NIOCore

/// One end of a TCP connection as `/proc/net/tcp` and `/proc/net/tcp6` write it (proc_net_tcp(5)): the address as 32-bit
/// words of this machine in hexadecimal, a colon, the port.
struct TCPEnd: Sendable, Equatable {
    /// In network order: 4 bytes, or 16.
    let address: [UInt8]
    let port: UInt16

    init(address: [UInt8], port: UInt16) {
        self.address = address
        self.port = port
    }

    init?(_ address: SocketAddress) {
        guard let text = address.ipAddress, let port = address.port.flatMap(UInt16.init(exactly:)) else { return nil }
        let family = text.contains(":") ? AF_INET6 : AF_INET
        var bytes = [UInt8](repeating: 0, count: family == AF_INET6 ? 16 : 4)
        guard unsafe inet_pton(family, text, &bytes) == 1 else { return nil }
        self.init(address: bytes, port: port)
    }

    /// The spellings that it may have: a socket of IPv6 can hold a connection of IPv4 (`::ffff:127.0.0.1`).
    var spellings: [String] {
        guard address.count == 4 else { return [Self.spelling(address, port)] }
        return [
            Self.spelling(address, port),
            Self.spelling([UInt8](repeating: 0, count: 10) + [0xff, 0xff] + address, port),
        ]
    }

    private static func spelling(_ address: [UInt8], _ port: UInt16) -> String {
        let words = stride(from: 0, to: address.count, by: 4).map { start in
            let bytes = address[start..<start + 4]
            return UInt32(littleEndian: bytes.reversed().reduce(0) { $0 << 8 | UInt32($1) })
        }
        return words.map { hexadecimal(UInt64($0), width: 8) }.joined() + ":" + hexadecimal(UInt64(port), width: 4)
    }

    private static func hexadecimal(_ number: UInt64, width: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return String(repeating: "0", count: width - digits.count) + digits
    }
}

/// The kernel's list of TCP connections.
enum TCPSocketTable {
    struct Socket: Equatable {
        var uid: UInt32
        var inode: UInt64
    }

    /// The socket of a client, by its own end and the one that it is connected to; nil where the list does not have it.
    static func socket(from own: TCPEnd, to other: TCPEnd) -> Socket? {
        for (own, other) in zip(own.spellings, other.spellings) {
            let file = own.utf8.count > 13 ? "/proc/self/net/tcp6" : "/proc/self/net/tcp"
            guard let list = ProcessFile.contents(of: file) else { continue }
            if let found = socket(in: list, own, other) { return found }
        }
        return nil
    }

    /// Reads `sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …`.
    static func socket(in list: [UInt8], _ own: String, _ other: String) -> Socket? {
        let ends = Array(" \(own) \(other) ".utf8)
        for line in list.split(separator: UInt8(ascii: "\n")) {
            // The number before it has no fixed width.
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")), line[(colon + 1)...].starts(with: ends) else {
                continue
            }
            let fields = String(decoding: line, as: UTF8.self).split(separator: " ")
            guard fields.count > 9, let uid = UInt32(fields[7]), let inode = UInt64(fields[9]), inode != 0 else {
                return nil
            }
            return Socket(uid: uid, inode: inode)
        }
        return nil
    }
}

/// Files that the kernel makes up as they are read.
enum ProcessFile {
    /// More than a machine with 50,000 connections has in its list.
    private static let longest = 8 << 20

    /// Nil when it cannot be read.
    static func contents(of path: String) -> [UInt8]? {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { _ = close(descriptor) }
        var contents: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while contents.count < longest {
            let count = unsafe read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? contents : nil }
            contents += chunk[..<count]
        }
        return contents
    }
}
