import Glibc
import Vault

/// The service manager that may have started this process (sd_listen_fds(3), sd_notify(3)).
enum ServiceManager {
    /// The first descriptor that is handed over (`SD_LISTEN_FDS_START`).
    private static let firstDescriptor: Int32 = 3

    /// The socket that was handed over, and which no child is to inherit. Variables meant for another process, as an
    /// ancestor that passed its environment on, count as none.
    ///
    /// - Throws: code `usage` unless it is one socket.
    static func takeSocket() throws(VaultError) -> Int32? {
        let (process, count) = (Surroundings.value("LISTEN_PID"), Surroundings.value("LISTEN_FDS"))
        for name in variables { unsafe unsetenv(name) }
        guard process == String(getpid()), let count, count != "0" else { return nil }
        guard count == "1", Descriptor.closeOnExec(firstDescriptor) else {
            throw VaultError(
                .usage, "the agent takes one socket from the service manager, and LISTEN_FDS says otherwise",
                hint: "give the socket unit one ListenStream=")
        }
        return firstDescriptor
    }

    private static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

    /// What is not for a process that this one starts.
    static let ownVariables = variables + ["LISTEN_PIDFDID", "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC"]

    /// Says that the service is up. Where nobody listens nobody waits for it.
    static func tellReady() {
        guard let name = Surroundings.value("NOTIFY_SOCKET"), let address = Address(name) else { return }
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        let message = Array("READY=1".utf8)
        _ = unsafe withUnsafePointer(to: address.socket) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(descriptor, message, message.count, Int32(MSG_NOSIGNAL), $0, address.length)
            }
        }
    }

    /// A path, or with `@` before it a name in the abstract name space (unix(7)).
    private struct Address {
        var socket = sockaddr_un()
        var length: socklen_t

        /// Nil for what is no such name: a socket of another family, or one that is too long.
        init?(_ name: String) {
            var bytes = Array(name.utf8)
            guard bytes.first == UInt8(ascii: "/") || bytes.first == UInt8(ascii: "@"),
                bytes.count < MemoryLayout.size(ofValue: socket.sun_path)
            else { return nil }
            // An abstract name has its length; a path ends with a zero.
            if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
            length = socklen_t(MemoryLayout.offset(of: \sockaddr_un.sun_path)! + bytes.count)
            socket.sun_family = sa_family_t(AF_UNIX)
            unsafe withUnsafeMutableBytes(of: &socket.sun_path) { unsafe $0.copyBytes(from: bytes) }
        }
    }
}
