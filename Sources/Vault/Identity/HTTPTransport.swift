public import FoundationEssentials
public import HTTPTypes

/// The one way out of the process: a request goes out, an answer or a named failure comes back.
///
/// A transport never follows a redirect, never retries, verifies TLS always, and reads at most
/// ``HTTPAnswer/maximumBody`` bytes.
/// Retrying is the caller's, who knows what may be repeated.
public protocol HTTPTransport: Sendable {
    /// Sends `request` with `body`.
    ///
    /// The body is in locked memory because a client secret is part of it, and so is the answer's, because a token is.
    /// - Throws: ``HTTPTransportError`` when there is no complete answer.
    func send(_ request: HTTPRequest, body: borrowing SecretBytes) async throws(HTTPTransportError) -> HTTPAnswer

    /// The same transport, whose requests take at most `seconds` each.
    func limited(to seconds: TimeInterval) -> any HTTPTransport

    /// Closes the connections that are kept open, and with them what they hold of past answers. A later request opens new
    /// ones.
    func shutdown() async
}

/// A complete answer: its head, and its body in locked memory.
public struct HTTPAnswer: ~Copyable, Sendable {
    /// The longest body that is read, in bytes: 1 MiB. No token endpoint answers with a hundredth of it.
    public static let maximumBody = 1 << 20

    public let head: HTTPResponse
    public let body: SecretBytes

    public init(head: HTTPResponse, body: consuming SecretBytes) {
        self.head = head
        self.body = body
    }
}

/// Why there is no complete answer.
public enum HTTPTransportError: Error, Sendable, Equatable {
    /// Nothing listens, no such host, no route, or the connection broke off. The text is safe to show.
    case unreachable(String)
    /// The time allowed ran out.
    case timedOut
    /// The peer's certificate does not verify. The text is safe to show.
    case untrusted(String)
    /// The body is longer than a token endpoint ever answers.
    case tooLong(limit: Int)
    /// What came back is not HTTP.
    case malformed(String)
    /// It cannot be sent as this process is configured: a CA file or a proxy that is not usable, a target that is not
    /// `https`. Trying again is of no use.
    case misconfigured(VaultError)
}

/// What a transport within the process, which keeps no connection and waits for nobody, need not write.
extension HTTPTransport {
    public func limited(to seconds: TimeInterval) -> any HTTPTransport { self }
    public func shutdown() async {}
}
