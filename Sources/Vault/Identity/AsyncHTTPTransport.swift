internal import AsyncHTTPClient
public import FoundationEssentials
public import HTTPTypes
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// The real transport: HTTP/1.1 over TLS 1.2 or newer, the peer's certificate and name always verified.
///
/// Making one is cheap. Trust roots are parsed and threads started at the first request, since most issuances are
/// answered from the cache and send none.
public final class AsyncHTTPTransport: HTTPTransport {
    public struct Configuration: Sendable {
        /// PEM file of certificate authorities that are trusted as well as the system's.
        public var caFile: String?
        /// Seconds for a whole request, from the look-up of the name to the last byte of the answer.
        public var timeout: TimeInterval
        /// Where the proxy is looked for.
        public var environment: [String: String]

        public init(caFile: String? = nil, timeout: TimeInterval = 30, environment: [String: String] = [:]) {
            self.caFile = caFile
            self.timeout = timeout
            self.environment = environment
        }
    }

    /// One thread for all sockets of the process, which is idle nearly always; made at the first use, and never
    /// stopped.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let configuration: Configuration
    private let proxies: ProxySettings
    /// A client for each way out, the direct one under nil: which proxy to take is a client's setting.
    private let clients = Mutex<[Proxy?: HTTPClient]>([:])

    public init(configuration: Configuration) {
        self.configuration = configuration
        proxies = ProxySettings(environment: configuration.environment)
    }

    /// Closes the connections. A later request opens new ones.
    public func shutdown() async {
        for client in takeClients() {
            do {
                try await client.shutdown()
            } catch {
                // It fails only for a client that is shut down already, and nobody else holds these.
                assertionFailure("\(error)")
            }
        }
    }

    deinit {
        // Whoever forgot to shut down loses nothing by it: the connections close by themselves a little later.
        for client in takeClients() { client.shutdown { _ in } }
    }

    public func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        try await send(request, body: body, within: configuration.timeout)
    }

    public func limited(to seconds: TimeInterval) -> any HTTPTransport {
        LimitedTransport(base: self, seconds: seconds)
    }

    fileprivate func send(
        _ request: HTTPRequest, body: borrowing SecretBytes, within seconds: TimeInterval
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        let timeout = TimeAmount.nanoseconds(Int64(max(seconds, 0.001) * 1e9))
        let deadline = NIODeadline.now() + timeout
        let client = try client(for: request)
        let collector = AnswerCollector()
        let task: HTTPClient.Task<Void>
        do {
            // From here on the body is in memory that is neither locked nor wiped: the library and TLS copy it too.
            task = client.execute(
                request: try Self.message(request, body: body), delegate: collector, deadline: deadline)
        } catch {
            throw HTTPTransportError(error)
        }
        do {
            try await withTaskCancellationHandler {
                try await task.get()
            } onCancel: {
                task.cancel()
            }
        } catch {
            throw HTTPTransportError(error)
        }
        return try collector.answer()
    }

    private func client(for request: HTTPRequest) throws(HTTPTransportError) -> HTTPClient {
        guard request.scheme == "https", let authority = request.authority,
            let target = Endpoint("https://\(authority)")
        else {
            throw .misconfigured(VaultError(.usage, "only https addresses are asked"))
        }
        do {
            let proxy = try proxies.proxy(for: target.host, port: target.port)
            return try clients.withLock { (clients) throws(VaultError) in
                if let client = clients[proxy] { return client }
                let client = HTTPClient(eventLoopGroup: Self.loops, configuration: try settings(proxy: proxy))
                clients[proxy] = client
                return client
            }
        } catch {
            throw .misconfigured(error)
        }
    }

    private func takeClients() -> [HTTPClient] {
        clients.withLock { clients in
            defer { clients = [:] }
            return Array(clients.values)
        }
    }

    private func settings(proxy: Proxy?) throws(VaultError) -> HTTPClient.Configuration {
        var settings = HTTPClient.Configuration(
            tlsConfiguration: try TrustRoots.configuration(caFile: configuration.caFile),
            redirectConfiguration: .disallow,
            timeout: .init(connect: .nanoseconds(Int64(min(10, max(configuration.timeout, 0.001)) * 1e9))),
            decompression: .disabled)
        settings.httpVersion = .http1Only
        // Trying again is the caller's, who reports what happened; the library would hide a refused connection for
        // as long as it may connect.
        settings.connectionPool.retryConnectionEstablishment = false
        // As many as there are checks at once.
        settings.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 64
        settings.proxy = proxy.map { proxy in
            switch proxy.kind {
            case .socks5: .socksServer(host: proxy.host, port: proxy.port)
            case .http:
                .server(
                    host: proxy.host, port: proxy.port,
                    authorization: proxy.user.map { .basic(username: $0, password: proxy.password ?? "") })
            }
        }
        return settings
    }

    private static func message(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) throws -> HTTPClient.Request {
        var headers = HTTPHeaders()
        for field in request.headerFields { headers.add(name: field.name.rawName, value: field.value) }
        let buffer = unsafe body.withUnsafeBytes { unsafe ByteBuffer(bytes: $0) }
        return try HTTPClient.Request(
            url: "https://\(request.authority ?? "")\(request.path ?? "/")",
            method: HTTPMethod(rawValue: request.method.rawValue), headers: headers,
            body: body.isEmpty ? nil : .byteBuffer(buffer))
    }
}

/// The connections of another transport, with a time limit of its own.
private struct LimitedTransport: HTTPTransport {
    let base: AsyncHTTPTransport
    let seconds: TimeInterval

    func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        try await base.send(request, body: body, within: seconds)
    }

    func limited(to seconds: TimeInterval) -> any HTTPTransport { base.limited(to: seconds) }

    func shutdown() async { await base.shutdown() }
}

/// Takes an answer piece by piece into locked memory, and no more of it than the cap.
private final class AnswerCollector: HTTPClientResponseDelegate {
    typealias Response = Void

    private struct Parts: ~Copyable {
        var head: HTTPResponseHead?
        var body = LockedBuffer()
    }

    private let parts = Mutex(Parts())
    private static let limit = HTTPAnswer.maximumBody

    func didReceiveHead(task: HTTPClient.Task<Void>, _ head: HTTPResponseHead) -> EventLoopFuture<Void> {
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > Self.limit {
            return task.eventLoop.makeFailedFuture(HTTPTransportError.tooLong(limit: Self.limit))
        }
        parts.withLock { $0.head = head }
        return task.eventLoop.makeSucceededVoidFuture()
    }

    func didReceiveBodyPart(task: HTTPClient.Task<Void>, _ part: ByteBuffer) -> EventLoopFuture<Void> {
        let fits = parts.withLock { parts in
            guard parts.body.count + part.readableBytes <= Self.limit else { return false }
            unsafe part.withUnsafeReadableBytes { unsafe parts.body.append(RawSpan(_unsafeBytes: $0)) }
            return true
        }
        return fits
            ? task.eventLoop.makeSucceededVoidFuture()
            : task.eventLoop.makeFailedFuture(HTTPTransportError.tooLong(limit: Self.limit))
    }

    func didFinishRequest(task: HTTPClient.Task<Void>) throws {}

    /// What was received; to be asked once, when the request is done.
    func answer() throws(HTTPTransportError) -> HTTPAnswer {
        let head = parts.withLock { $0.head }
        let body = parts.withLock { $0.body.take() }
        guard let head else { throw .malformed("an answer without a head") }
        var fields = HTTPFields()
        for (name, value) in head.headers {
            guard let name = HTTPField.Name(name) else { throw .malformed("a field without a proper name") }
            fields.append(HTTPField(name: name, value: value))
        }
        guard (100...999).contains(Int(head.status.code)) else { throw .malformed("a status that is none") }
        return HTTPAnswer(
            head: HTTPResponse(status: .init(code: Int(head.status.code)), headerFields: fields), body: body)
    }
}

extension HTTPTransportError {
    /// What an error of the client library means; see ``init(network:)`` for the layers below it.
    fileprivate init(_ error: any Error) {
        guard let error = error as? HTTPClientError else {
            self.init(network: error)
            return
        }
        switch error {
        case .connectTimeout, .deadlineExceeded, .readTimeout, .writeTimeout, .tlsHandshakeTimeout,
            .httpProxyHandshakeTimeout, .socksHandshakeTimeout, .getConnectionFromPoolTimeout:
            self = .timedOut
        case .remoteConnectionClosed:
            self = .unreachable("the connection was closed before the answer was complete")
        case .cancelled: self = .unreachable("the request was cancelled")
        case .proxyAuthenticationRequired: self = .unreachable("the proxy wants a user name and password")
        case .invalidProxyResponse: self = .unreachable("the proxy refused")
        case .invalidURL, .emptyHost, .emptyScheme:
            self = .misconfigured(VaultError(.usage, "not an address that can be asked"))
        // The short description is fixed text without anything of the request.
        default: self = .unreachable("the request failed: \(error.shortDescription)")
        }
    }
}
