import FoundationEssentials
import Glibc
import Synchronization
import Testing
import VaultProtos
@testable import Vault
@testable import VaultAgent

/// The other end of a socket: reads requests and gives what the test wrote down for each.
final class ScriptedAgent: Sendable {
    /// What it does about a request.
    enum Act: Sendable {
        /// Writes these pieces, one call each.
        case say([[UInt8]])
        /// The same, then it hangs up.
        case hangUp([[UInt8]])
        /// Hangs up before it has read anything.
        case turnAway([UInt8])
    }

    private let listener: UnixListener
    private let heard = Mutex<[AgentRequest]>([])
    private let secrets = Mutex<[[UInt8]]>([])
    private let connections = Mutex(0)

    init(_ acts: [Act]) throws {
        listener = try UnixListener()
        Thread.detach { [self] in play(acts) }
    }

    deinit {
        listener.close()
        unsafe unlink(listener.path)
    }

    var path: String { listener.path }
    var requests: [AgentRequest] { heard.withLock { $0 } }
    var heardSecrets: [[UInt8]] { secrets.withLock { $0 } }
    var connectionCount: Int { connections.withLock { $0 } }

    private func play(_ acts: [Act]) {
        var connection: Int32 = -1
        for act in acts {
            if connection < 0 {
                connection = accept(listener.number, nil, nil)
                connections.withLock { $0 += 1 }
            }
            switch act {
            case .turnAway(let bytes):
                write(bytes, to: connection)
                close(connection)
                connection = -1
            case .say(let pieces), .hangUp(let pieces):
                readRequest(from: connection)
                for piece in pieces { write(piece, to: connection) }
                if case .hangUp = act {
                    close(connection)
                    connection = -1
                }
            }
        }
        if connection >= 0 { close(connection) }
    }

    private func readRequest(from connection: Int32) {
        guard let payload = readFrame(from: connection, .request),
            let request = payload.withRawSpan({ AgentRequest(payload: $0) })
        else { return }
        heard.withLock { $0.append(request) }
        switch request.verb {
        case .unlock, .add, .replaceSecret:
            if let secret = readFrame(from: connection, .secret) { secrets.withLock { $0.append(secret) } }
        default: break
        }
    }

    private func readFrame(from connection: Int32, _ kind: Frame.Kind) -> [UInt8]? {
        guard let bytes = read(Frame.headerLength, from: connection),
            let header = try? bytes.withRawSpan({ (bytes) throws(FrameHeader.Refusal) in try FrameHeader(bytes) }),
            header.kind == kind
        else { return nil }
        return read(header.payloadLength, from: connection)
    }

    private func read(_ count: Int, from connection: Int32) -> [UInt8]? {
        var bytes: [UInt8] = []
        while bytes.count < count {
            var chunk = [UInt8](repeating: 0, count: count - bytes.count)
            let received = unsafe recv(connection, &chunk, chunk.count, 0)
            guard received > 0 else { return nil }
            bytes += chunk.prefix(received)
        }
        return bytes
    }

    private func write(_ bytes: [UInt8], to connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = unsafe rest.withUnsafeBytes {
                unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard sent > 0 else { return }
            rest = rest.dropFirst(sent)
        }
    }
}

/// A socket that clients can connect to.
struct UnixListener: Sendable {
    let path: String
    let number: Int32

    init() throws {
        path = "/tmp/vaultctl-test-\(getpid())-\(UInt64.random(in: 0...(.max)))"
        number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let bound = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe bind(number, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(bound == 0 && listen(number, 8) == 0)
    }

    /// Leaves the file behind.
    func close() { _ = Glibc.close(number) }
}

/// A thread of its own, because both ends block.
private enum Thread {
    static func detach(_ body: @escaping @Sendable () -> Void) {
        final class Work: Sendable {
            let body: @Sendable () -> Void
            init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        }
        var thread = pthread_t()
        let work = unsafe Unmanaged.passRetained(Work(body)).toOpaque()
        _ = unsafe pthread_create(
            &thread, nil,
            { work in
                if let work = unsafe work { unsafe Unmanaged<Work>.fromOpaque(work).takeRetainedValue().body() }
                return nil
            }, work)
        pthread_detach(thread)
    }
}
