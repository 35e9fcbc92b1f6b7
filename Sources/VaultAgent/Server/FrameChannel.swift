private import CLinux
private import Glibc
internal import SwiftProtobuf
internal import Synchronization
internal import Vault
internal import VaultProtos

/// Why a connection ends before its client lets go of it.
enum ChannelEnd: Error {
    /// The peer went away, or the agent stops.
    case gone
    /// The peer was slower than anybody is who means it.
    case tooSlow
    /// What it sent is no frame.
    case refused(FrameHeader.Refusal)
    /// A frame of another kind than belongs there.
    case unexpected(Frame.Kind)
    /// Too many clients send long frames at once.
    case noRoom
}

/// Frames of one connection, in and out; what is received lies in locked memory.
///
/// A frame that has begun must be complete soon; between frames the peer may take its time.
final class FrameChannel {
    private let socket: Int32
    private let loop: EventLoop
    /// What was received and not yet taken: the bytes from `start` to `end`.
    private var received: SecretBytes
    private var start = 0
    private var end = 0

    /// Nearly every request fits. With libsodium's canary it is one page.
    private static let roomAtFirst = 4080
    private static let patience = Duration.seconds(5)
    /// How many connections may hold a long frame at a time: locked memory is scarce, and secrets need it.
    private static let mostLong = 16
    private static let long = Atomic<Int>(0)
    private var isLong = false

    /// - Parameters:
    ///   - socket: non-blocking; closed with the channel.
    ///   - memory: see ``memory()``.
    init(_ socket: Int32, _ loop: EventLoop, _ memory: consuming SecretBytes) {
        self.socket = socket
        self.loop = loop
        received = memory
    }

    /// What a channel receives into at first.
    static func memory() -> SecretBytes { SecretBytes(count: roomAtFirst) { _ in } }

    deinit {
        if isLong { Self.long.subtract(1, ordering: .relaxed) }
        loop.forget(socket)
        close(socket)
    }

    // MARK: In

    /// The next request; nil when the peer has hung up between two frames.
    ///
    /// - Parameter patience: how soon it must come; nil: whenever the peer likes.
    /// - Throws: ``ChannelEnd``; code `usage` of ``VaultError`` when the frame holds no request.
    func nextRequest(within patience: Duration? = nil) async throws -> AgentRequest? {
        guard let header = try await nextFrame(within: patience) else { return nil }
        guard header.kind == .request else { throw ChannelEnd.unexpected(header.kind) }
        let payload = payload(of: header)
        let request = received.withBytes { AgentRequest(payload: $0.extracting(payload)) }
        drop(header.frameLength)
        guard let request else { throw VaultError(.usage, "the request is not understood") }
        return request
    }

    /// The secret that belongs to the request just received.
    func nextSecret() async throws(ChannelEnd) -> SecretBytes {
        guard let header = try await nextFrame(within: Self.patience) else { throw .gone }
        guard header.kind == .secret else { throw .unexpected(header.kind) }
        let payload = payload(of: header)
        let secret = received.withBytes { SecretBytes(copying: $0.extracting(payload)) }
        drop(header.frameLength)
        return secret
    }

    /// Receives until the whole of a frame is there.
    ///
    /// - Parameter patience: how soon it must be there; nil: its beginning whenever the peer likes.
    private func nextFrame(within patience: Duration?) async throws(ChannelEnd) -> FrameHeader? {
        // Most clients read the answer before they ask again: there is nothing to receive yet.
        if patience == nil, start == end { try await wait(toWrite: false, until: nil) }
        // A part of it may have come with the frame before.
        var deadline = patience.map { .now + $0 } ?? (start < end ? ContinuousClock.now + Self.patience : nil)
        while end - start < Frame.headerLength {
            guard try await receive(until: deadline) else {
                if start == end, patience == nil { return nil }
                throw .gone
            }
            if deadline == nil { deadline = ContinuousClock.now + Self.patience }
        }
        let header = try header()
        try makeRoom(for: header.frameLength)
        while end - start < header.frameLength {
            guard try await receive(until: deadline) else { throw .gone }
        }
        return header
    }

    private func payload(of header: FrameHeader) -> Range<Int> {
        start + Frame.headerLength..<start + header.frameLength
    }

    private func header() throws(ChannelEnd) -> FrameHeader {
        let start = start
        do throws(FrameHeader.Refusal) {
            return try received.withBytes { (bytes) throws(FrameHeader.Refusal) in
                try FrameHeader(bytes.extracting(start..<start + Frame.headerLength))
            }
        } catch {
            throw .refused(error)
        }
    }

    /// Receives what is there, or waits for it.
    ///
    /// - Returns: false at the end of the stream.
    private func receive(until deadline: ContinuousClock.Instant?) async throws(ChannelEnd) -> Bool {
        while true {
            let (socket, end) = (socket, end)
            let count = received.withMutableBytes { space in
                unsafe space.withUnsafeMutableBytes { space in
                    unsafe recv(socket, space.baseAddress?.advanced(by: end), space.count - end, 0)
                }
            }
            if count > 0 {
                self.end += count
                return true
            }
            if count == 0 { return false }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await wait(toWrite: false, until: deadline)
            default: throw .gone
            }
        }
    }

    /// A client that does not take its answer must not keep a vault from being locked: a wait to write ends when the task
    /// is cancelled.
    private func wait(toWrite: Bool, until deadline: ContinuousClock.Instant?) async throws(ChannelEnd) {
        let (loop, socket) = (loop, socket)
        let event = await withTaskCancellationHandler {
            toWrite && Task.isCancelled ? .gone : await loop.wait(for: socket, toWrite: toWrite, until: deadline)
        } onCancel: {
            if toWrite { loop.forget(socket) }
        }
        switch event {
        case .ready: return
        case .tooLate: throw .tooSlow
        case .gone: throw .gone
        }
    }

    /// Moves what is there to the start, of a larger memory where a frame needs one.
    private func makeRoom(for length: Int) throws(ChannelEnd) {
        guard start + length > received.count else { return }
        if length > Self.roomAtFirst, !isLong {
            guard Self.long.add(1, ordering: .relaxed).newValue <= Self.mostLong else {
                Self.long.subtract(1, ordering: .relaxed)
                throw .noRoom
            }
            isLong = true
        }
        let (start, count) = (start, end - start)
        let room = max(length, Self.roomAtFirst)
        received = received.withBytes { old in
            SecretBytes(count: room) { $0.write(old.extracting(start..<start + count), at: 0) }
        }
        (self.start, end) = (0, count)
    }

    private func drop(_ count: Int) {
        start += count
        guard start == end else { return }
        (start, end) = (0, 0)
        if received.count > Self.roomAtFirst {
            received = Self.memory()
            if isLong { Self.long.subtract(1, ordering: .relaxed) }
            isLong = false
        } else {
            received.wipe()
        }
    }

    // MARK: Out

    /// - Throws: ``ChannelEnd``; code `internalError` of ``VaultError`` for what does not fit a frame.
    func send(_ kind: Frame.Kind, _ answer: AgentAnswer) async throws {
        try await send(try Frame.bytes(kind, answer), SecretBytes())
    }

    /// Sends a message and the secret that belongs to it, from where it lies.
    func send(
        _ kind: Frame.Kind, _ answer: AgentAnswer, followedBy secret: borrowing SecretBytes
    ) async throws {
        guard secret.count <= Frame.longestPayload else {
            throw VaultError(.unavailable, "the token is too long for the agent", hint: "--no-agent")
        }
        let head = try Frame.bytes(kind, answer)
        try await send(head + FrameHeader(kind: .secret, payloadLength: secret.count).bytes, secret)
    }

    private func send(_ head: [UInt8], _ secret: borrowing SecretBytes) async throws(ChannelEnd) {
        var sent = 0
        while sent < head.count + secret.count {
            let count = transmit(head, secret, from: sent)
            if count >= 0 {
                sent += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: try await wait(toWrite: true, until: .now + Self.patience)
            default: throw .gone
            }
        }
    }

    /// Hands what follows the first `sent` bytes to the kernel.
    ///
    /// - Returns: how many it took; negative when it took none.
    private func transmit(_ head: [UInt8], _ secret: borrowing SecretBytes, from sent: Int) -> Int {
        let (headSent, secretSent) = (min(sent, head.count), max(0, sent - head.count))
        return unsafe head.withUnsafeBytes { head in
            secret.withBytes { secret in
                unsafe secret.withUnsafeBytes { secret in
                    var parts = unsafe [
                        iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: head.baseAddress?.advanced(by: headSent)),
                            iov_len: head.count - headSent),
                        iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: secret.baseAddress?.advanced(by: secretSent)),
                            iov_len: secret.count - secretSent),
                    ]
                    return unsafe parts.withUnsafeMutableBufferPointer { parts in
                        var message = unsafe msghdr()
                        unsafe message.msg_iov = parts.baseAddress
                        unsafe message.msg_iovlen = parts.count
                        return unsafe sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
                    }
                }
            }
        }
    }
}
