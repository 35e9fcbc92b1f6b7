internal import HummingbirdCore
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
public import Vault

/// Answers clients of Azure and Databricks as a managed identity's endpoint would, for one profile: they get tokens, and
/// never see what the tokens are got with.
///
/// ```swift
/// let server = try await EndpointServer.bind(
///     .tcp(host: "127.0.0.1", port: 0), settings: .random(for: profile)
/// ) { request, client in try await vault.issue(request) }
/// try await server.run()
/// ```
/// What a client must know is a header of 256 random bits or, in the dialects that have none, as many in the path. Guessing
/// is not slowed down and nobody is locked out: at a million tries a second it takes longer than the sun has left, and a
/// limit would be a way for others to keep the client from its tokens.
///
/// A token goes from locked memory into the network's buffer, from there to the kernel, and is wiped in the buffer when it
/// is sent. The buffer itself is not locked.
public final class EndpointServer: Sendable {
    private enum State: ~Copyable {
        case bound(ListeningSocket)
        case starting
        case running(any Channel)
        case stopped
    }

    /// Of TCP.
    public let port: UInt16?
    public let urls: EndpointURLs
    private let file: SocketFile?
    private let connections = Connections()
    private let responder: Responder
    private let state: Mutex<State>

    /// How long requests are waited for when it stops.
    private static let grace = Duration.seconds(3)
    /// How long a connection may do nothing, or not get done with a request.
    static let patience = TimeAmount.seconds(10)
    /// Bytes of the head of a request, and lines in it.
    private static let longestHead = 16 << 10
    private static let longestField = 8 << 10
    private static let mostFields = 64

    /// Makes the socket. Clients can connect to it, and wait: nothing is answered before ``run()``.
    ///
    /// - Throws: codes `usage` for an address that is none, or not of this machine alone; `exists` when somebody listens
    ///   there; `locked` when others can reach the directory of a Unix socket; `inputOutput`.
    public static func bind(
        _ address: EndpointAddress, settings: EndpointSettings, issue: @escaping IssueForClient
    ) async throws(VaultError) -> EndpointServer {
        EndpointServer(try ListeningSocket(at: address), settings: settings, issue: issue)
    }

    private init(
        _ socket: consuming ListeningSocket, settings: EndpointSettings, issue: @escaping IssueForClient
    ) {
        port = socket.port
        file = socket.file
        urls = EndpointURLs(authority: socket.authority, path: settings.path)
        responder = Responder(
            settings: settings, hosts: socket.hosts, connections: connections, issue: issue)
        state = Mutex(.bound(socket))
    }

    deinit { stop() }

    /// Answers until ``stop()``, then lets requests be answered for a few seconds at the most, and returns.
    ///
    /// - Throws: code `inputOutput` when the socket cannot be used.
    public func run() async throws(VaultError) {
        let descriptor = try state.withLock { (state) throws(VaultError) -> Int32? in
            switch consume state {
            case .bound(let socket):
                state = .starting
                return try socket.duplicate()
            case let other:
                state = other
                return nil
            }
        }
        guard let descriptor else { return }
        let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let failure: VaultError?
        do {
            // Its clients are many, whatever thread the caller runs on.
            try await withTaskExecutorPreference(globalConcurrentExecutor) {
                try await self.serve(descriptor, on: loops)
            }
            failure = nil
        } catch {
            failure = VaultError(.inputOutput, "the endpoint's socket failed")
        }
        stop()
        await withCheckedContinuation { continuation in
            loops.shutdownGracefully { _ in continuation.resume() }
        }
        if let failure { throw failure }
    }

    private func serve(_ descriptor: Int32, on loops: MultiThreadedEventLoopGroup) async throws {
        var logger = Logger(label: "endpoint") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        let http = HTTP1Channel(
            responder: { [responder] request, writer, channel in
                try await responder.respond(to: request, writer, channel)
            },
            configuration: .init(
                idleTimeout: Self.patience,
                httpDecoderConfiguration: .init(
                    maxHeaderFieldSize: Self.longestField, maxHeaderListSize: Self.longestHead,
                    maxHeaderFieldCount: Self.mostFields)))
        let listening = try await ServerBootstrap(group: loops)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(AcceptErrorsIgnored())
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(descriptor) { [logger] channel in http.setup(channel: channel, logger: logger) }
        // NIO has made it as short as it takes it to be.
        ListeningSocket.lengthenQueue(of: descriptor)
        try await listening.executeThenClose { clients in
            let isStopped = state.withLock { state in
                switch consume state {
                case .starting:
                    state = .running(listening.channel)
                    return false
                case let other:
                    state = other
                    return true
                }
            }
            if isStopped { return }
            try await withThrowingDiscardingTaskGroup { group in
                for try await client in clients {
                    connections.admit(client.channel)?.close(promise: nil)
                    group.addTask { [connections, logger] in
                        await http.handle(value: client, logger: logger)
                        connections.dismiss(client.channel)
                    }
                }
                await connections.drain(atMost: Self.grace)
                connections.closeAll()
                group.cancelAll()
            }
        }
    }

    /// Lets ``run()`` return. Nobody can connect any more when this returns. May be called more than once.
    public func stop() {
        file?.remove()
        let channel = state.withLock { state -> (any Channel)? in
            switch consume state {
            case .running(let channel):
                state = .stopped
                return channel
            default:
                state = .stopped
                return nil
            }
        }
        channel?.close(promise: nil)
    }
}

/// A connection that could not be accepted, because there are too many open files for the moment, is no reason to stop
/// listening; the next try is NIO's own.
private final class AcceptErrorsIgnored: ChannelInboundHandler {
    typealias InboundIn = Channel

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}
