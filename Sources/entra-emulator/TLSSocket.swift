import EntraEmulator
import HTTPTypes
import HummingbirdCore
import HummingbirdTLS
import Logging
import NIOCore
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// The socket that the emulator is served on.
///
/// It is built from the server below Hummingbird's router, whose application writes a `Date` of its own and answers
/// by itself when a handler throws; here a fault decides about both.
struct TLSSocket {
    let host: String
    let port: Int
    let configuration: TLSConfiguration
    let logger: Logger

    /// More than any request here is long.
    private static let longestBody = 1 << 20

    /// The running server.
    /// - Parameter ready: gets the port once the socket accepts connections.
    func service(
        for emulator: EntraEmulator, ready: @escaping @Sendable (Int) async -> Void
    ) throws -> any Service {
        try HTTPServerBuilder.tls(.http1(), tlsConfiguration: configuration).buildServer(
            configuration: ServerConfiguration(address: .hostname(host, port: port)),
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger,
            responder: { request, writer, channel in
                var body = ByteBuffer()
                for try await part in request.body {
                    guard body.readableBytes + part.readableBytes <= Self.longestBody else {
                        return try await writer.writeTooLarge()
                    }
                    body.writeImmutableBuffer(part)
                }
                let response = await emulator.respond(to: request.head, body: Array(body.readableBytesView))
                try await writer.write(response, on: channel.eventLoop)
            },
            onServerRunning: { channel in await ready(channel.localAddress?.port ?? port) }
        )
    }
}

/// Thrown to close a connection. The server below closes it when a responder throws.
private struct ConnectionClosed: Error {}

extension ResponseWriter {
    /// Sends `response`, late and cut off as it says.
    fileprivate consuming func write(_ response: EmulatorResponse, on eventLoop: any EventLoop) async throws {
        if response.delay > .zero { try await Task.sleep(for: response.delay) }
        switch (response.ending, response.content) {
        case (.lost, _):
            throw ConnectionClosed()
        case (.whole, .bytes(let bytes)):
            try await write(response: response.head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        case (.cutShort, .bytes(let bytes)):
            var body = try await writeHead(response.head)
            try await body.write(ByteBuffer(bytes: bytes))
            throw ConnectionClosed()
        case (let ending, .repeated(let byte, let count)):
            var body = try await writeHead(response.head)
            let piece = ByteBuffer(repeating: byte, count: 1 << 16)
            var left = count
            while left > 0 {
                try await body.write(piece.getSlice(at: 0, length: min(left, piece.readableBytes)) ?? piece)
                // The write waits for the peer only once the event loop has seen how much lies there already; without
                // this turn of the loop hundreds of pieces pile up before it does.
                try await eventLoop.submit {}.get()
                left -= piece.readableBytes
            }
            if ending == .cutShort { throw ConnectionClosed() }
            try await body.finish(nil)
        }
    }

    /// Refuses a body without reading it to its end, and closes the connection.
    fileprivate consuming func writeTooLarge() async throws {
        try await writeResponse(
            HTTPResponse(status: .contentTooLarge, headerFields: [.contentLength: "0", .connection: "close"])
        )
        throw ConnectionClosed()
    }
}
