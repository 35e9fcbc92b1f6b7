private import Glibc

/// Sends to a journal in its own protocol (systemd.io, "Native Journal Protocol"), and never waits for it.
struct JournalSocket: ~Copyable {
    private let descriptor: Int32
    private let path: String
    private var address = sockaddr_un()

    enum Outcome: Equatable {
        case sent
        /// It takes no more now.
        case full
        case failed(String)
    }

    /// - Throws: code `inputOutput` when there is no socket left.
    init(_ path: String) throws(VaultError) {
        self.path = path
        descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw .system(errno, "cannot make a socket for", path: path) }
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8) + [0]
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { room in
            unsafe room.copyBytes(from: bytes.prefix(room.count - 1))
        }
    }

    deinit { _ = close(descriptor) }

    borrowing func send(_ message: JournalMessage) -> Outcome {
        var address = self.address
        let bytes = message.bytes
        let sent = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe sendto(
                    descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL | MSG_DONTWAIT), $0,
                    socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        if sent >= 0 { return .sent }
        return errno == EAGAIN ? .full : .failed("cannot send to \(path): \(systemMessage(errno))")
    }
}

/// A message for the journal: fields and their values.
struct JournalMessage {
    private(set) var bytes: [UInt8] = []

    /// - Parameter priority: as syslog(3) has them; 6 for information, 4 for a warning.
    init(_ text: String, priority: Int) {
        add("MESSAGE", text)
        add("PRIORITY", String(priority))
        add("SYSLOG_IDENTIFIER", "vaultctl")
    }

    /// Adds a field; what is absent is left out.
    mutating func add(_ name: String, _ value: String?) {
        guard let value else { return }
        let content = Array(value.utf8)
        bytes += Array(name.utf8)
        // A value with a line break must not be able to add a field.
        if content.contains(0x0a) {
            bytes.append(0x0a)
            bytes += UInt64(content.count).littleEndianBytes
        } else {
            bytes.append(UInt8(ascii: "="))
        }
        bytes += content
        bytes.append(0x0a)
    }
}

extension JournalMessage {
    /// An entry of the record.
    ///
    /// - Parameter vaultID: in hexadecimal.
    init(_ entry: AuditEntry, vaultID: String) {
        let event = entry.event
        let what = [event.action.rawValue, event.profile].compactMap { $0 }.joined(separator: " ")
        let isGood = event.outcome == .ok || event.outcome == .started
        self.init(
            "\(what): \(event.outcome.rawValue), by \(event.caller.user) on \(event.caller.host)",
            priority: isGood ? 6 : 4)
        add("VAULTCTL_VAULT", vaultID)
        add("VAULTCTL_ENTRY", String(entry.sequence))
        add("VAULTCTL_ACTION", event.action.rawValue)
        add("VAULTCTL_OUTCOME", event.outcome.rawValue)
        add("VAULTCTL_PROFILE", event.profile)
        add("VAULTCTL_AUDIENCE", event.audience)
        add("VAULTCTL_TENANT", event.tenant)
        add("VAULTCTL_CLIENT_ID", event.clientID)
        add("VAULTCTL_SOURCE", event.source?.rawValue)
        add("VAULTCTL_TOKEN_ID", event.tokenID)
        add("VAULTCTL_USER", event.caller.user)
        add("VAULTCTL_HOST", event.caller.host)
        add("VAULTCTL_PID", String(event.caller.pid))
        add("VAULTCTL_REASON", event.reason)
        add("VAULTCTL_DETAIL", event.detail)
    }
}
