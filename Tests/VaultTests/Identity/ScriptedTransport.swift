import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import Vault

/// A transport that answers what the test says, in order, and keeps what it was asked.
final class ScriptedTransport: HTTPTransport {
    enum Step: Sendable {
        case answer(status: Int, fields: [String: String] = [:], body: String)
        case failure(HTTPTransportError)
    }

    struct Asked: Sendable {
        let request: HTTPRequest
        let body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
        var url: String { "\(request.scheme ?? "")://\(request.authority ?? "")\(request.path ?? "")" }
    }

    private let script: Mutex<[Step]>
    private let log = Mutex<[Asked]>([])

    init(_ script: [Step]) {
        self.script = Mutex(script)
    }

    var asked: [Asked] { log.withLock { $0 } }

    func send(_ request: HTTPRequest, body: borrowing SecretBytes) async throws(HTTPTransportError) -> HTTPAnswer {
        let bytes = body.withBytes { span in (0..<span.byteCount).map { span.octet(at: $0) } }
        log.withLock { $0.append(Asked(request: request, body: bytes)) }
        let step: Step? = script.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        switch step {
        case nil: throw .unreachable("the script has ended")
        case .failure(let error): throw error
        case .answer(let status, let fields, let body):
            var head = HTTPResponse(status: .init(code: status))
            for (name, value) in fields {
                guard let name = HTTPField.Name(name) else { throw .malformed(name) }
                head.headerFields[name] = value
            }
            return HTTPAnswer(head: head, body: secret(body))
        }
    }
}

/// Time that passes only when somebody sleeps.
final class StoppedClock: Sendable {
    private let slept = Mutex<[Duration]>([])
    let start = Date(timeIntervalSince1970: 1_800_000_000)

    var sleeps: [Duration] { slept.withLock { $0 } }

    func clock(jitter: Double = 0.5) -> RetryClock {
        RetryClock(
            now: { self.start + Double(self.elapsed.components.seconds) }, uptime: { self.elapsed },
            sleep: { duration in self.slept.withLock { $0.append(duration) } }, jitter: { jitter })
    }

    private var elapsed: Duration { sleeps.reduce(.zero, +) }
}

/// The text's bytes in locked memory.
func secret(_ text: String) -> SecretBytes {
    secret(Array(text.utf8))
}

func secret(_ bytes: [UInt8]) -> SecretBytes {
    SecretBytes(count: bytes.count) { memory in
        for (offset, byte) in bytes.enumerated() { memory.storeBytes(of: byte, toByteOffset: offset, as: UInt8.self) }
    }
}

func text(_ secret: borrowing SecretBytes) -> String {
    String(decoding: secret.withBytes { span in (0..<span.byteCount).map { span.octet(at: $0) } }, as: UTF8.self)
}

/// Runs `body`, which must throw, and gives what it threw.
func failure<Value: ~Copyable>(
    sourceLocation: SourceLocation = #_sourceLocation, of body: () async throws(VaultError) -> Value
) async throws -> VaultError {
    do {
        _ = try await body()
    } catch {
        return error
    }
    Issue.record("nothing was thrown", sourceLocation: sourceLocation)
    throw VaultError(.internalError, "nothing was thrown")
}

/// All that a user could see of an error, however it is printed.
func everything(of error: VaultError) -> String {
    var dumped = ""
    dump(error, to: &dumped)
    return "\(error) \(String(reflecting: error)) \(dumped)"
}
