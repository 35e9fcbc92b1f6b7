public import HTTPTypes
public import Vault

/// The emulator as the way out of a process, without a socket.
extension EntraEmulator: HTTPTransport {
    /// What a transport waits at most. A longer delay ends at once, as nobody learns from waiting for it.
    private static var longestDelay: Duration { .seconds(10) }

    /// Answers as over a network; a fault that needs one becomes the error that a transport makes of it.
    public func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        let bytes = body.withBytes { span in unsafe span.withUnsafeBytes { unsafe Array($0) } }
        let response = await respond(to: request, body: bytes)
        guard response.delay < Self.longestDelay else { throw .timedOut }
        if response.delay > .zero {
            do {
                try await Task.sleep(for: response.delay)
            } catch {
                throw .unreachable("cancelled")
            }
        }
        switch response.ending {
        case .lost: throw .unreachable("the connection was closed without an answer")
        case .cutShort: throw .unreachable("the connection was closed in the middle of an answer")
        case .whole: break
        }
        switch response.content {
        case .repeated(_, let count) where count > HTTPAnswer.maximumBody: throw .tooLong(limit: HTTPAnswer.maximumBody)
        case .repeated(let byte, let count):
            return HTTPAnswer(head: response.head, body: Self.secret(Array(repeating: byte, count: count)))
        case .bytes(let bytes): return HTTPAnswer(head: response.head, body: Self.secret(bytes))
        }
    }

    private static func secret(_ bytes: [UInt8]) -> SecretBytes {
        unsafe SecretBytes(copying: bytes.span.bytes)
    }
}
