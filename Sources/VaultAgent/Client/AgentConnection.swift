internal import Glibc
internal import Vault
internal import VaultProtos

/// A conversation with an agent: requests go, and their answers come, one at a time. Every call blocks its thread.
///
/// What comes is received into locked memory, so that a token lies nowhere else on its way. A message and the secret
/// that follows it usually come with one call of the system.
struct AgentConnection: ~Copyable, Sendable {
    private let socket: ClientSocket
    private var buffer: SecretBytes
    /// Where in the buffer that lies which was received and not read yet.
    private var unread = 0..<0
    private var answerIsComplete = true
    /// Whether the agent tried nothing, because the vault is not unlocked in it.
    private(set) var vaultIsLocked = false

    /// How long a frame may take from its first byte to its last.
    private static let patience = Duration.seconds(10)

    /// - Returns: nil when no agent listens at `path`.
    /// - Throws: codes `usage` for a path that no socket can have, `locked` when it is not ours to use, `unavailable`.
    init?(to path: String) throws(VaultError) {
        guard let socket = try ClientSocket.connect(to: path) else { return nil }
        self.socket = socket
        // With libsodium's canary whole pages.
        buffer = SecretBytes(count: (16 << 10) - 16) { _ in }
    }

    /// Whether the last answer was read to its end, so that another request can be sent.
    var isAtRest: Bool { answerIsComplete && unread.isEmpty }

    /// Readable when a part of an answer comes.
    var descriptor: Int32 { socket.number }

    /// Sends a request and, where it has one, its secret.
    ///
    /// - Parameter frames: both frames.
    mutating func send(_ frames: RawSpan) throws(VaultError) {
        answerIsComplete = false
        // An agent that does not listen any more may have said why; reading tells, or finds the end.
        _ = try socket.send(frames)
    }

    /// Reads the next part of the answer.
    ///
    /// - Throws: what the agent says in place of an answer; code `unavailable` when it says nothing that is understood.
    mutating func nextPart() throws(VaultError) -> AnswerPart {
        let part = try withNextFrame(hasBegun: false) { (header, payload) throws(VaultError) in
            guard header.kind == .part || header.kind == .last,
                let content = AgentAnswer(payload: payload)?.content
            else { throw .answerNotUnderstood }
            return AnswerPart(content: content, isLast: header.kind == .last)
        }
        answerIsComplete = part.isLast
        if case .failure(let failure) = part.content {
            vaultIsLocked = failure.vaultIsLocked
            throw VaultError(failure) ?? .answerNotUnderstood
        }
        return part
    }

    /// Reads the secret that belongs to the part before.
    mutating func nextSecret() throws(VaultError) -> SecretBytes {
        let wasComplete = answerIsComplete
        answerIsComplete = false
        let secret = try withNextFrame(hasBegun: true) { (header, payload) throws(VaultError) in
            guard header.kind == .secret else { throw .answerNotUnderstood }
            return SecretBytes(copying: payload)
        }
        wipeWhatWasRead()
        answerIsComplete = wasComplete
        return secret
    }

    /// Reads a frame and lends its payload.
    ///
    /// - Parameter hasBegun: whether it belongs to one that came already, so that it cannot take as long as an answer.
    private mutating func withNextFrame<Result: ~Copyable>(
        hasBegun: Bool, _ body: (FrameHeader, RawSpan) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        var deadline = hasBegun || !unread.isEmpty ? ContinuousClock.now + Self.patience : nil
        try receive(atLeast: Frame.headerLength, deadline: &deadline)
        let header = try header()
        try receive(atLeast: header.frameLength, deadline: &deadline)
        let payload = (unread.lowerBound + Frame.headerLength)..<(unread.lowerBound + header.frameLength)
        unread = payload.upperBound..<unread.upperBound
        return try buffer.withBytes { (bytes) throws(VaultError) in try body(header, bytes.extracting(payload)) }
    }

    private borrowing func header() throws(VaultError) -> FrameHeader {
        do throws(FrameHeader.Refusal) {
            return try buffer.withBytes { (bytes) throws(FrameHeader.Refusal) in
                try FrameHeader(bytes.extracting(unread))
            }
        } catch {
            guard case .otherVersion = error else { throw .answerNotUnderstood }
            throw VaultError(
                .unavailable, "the agent is of another version", hint: socket.hintToEnd)
        }
    }

    /// Receives until `count` bytes or more are unread.
    ///
    /// - Parameter deadline: nil while nothing has come; set with the first byte.
    private mutating func receive(
        atLeast count: Int, deadline: inout ContinuousClock.Instant?
    ) throws(VaultError) {
        while unread.count < count {
            makeRoom(for: count)
            if let deadline, !socket.waits(until: deadline) { throw .agentStopped(hint: socket.hintToEnd) }
            let end = unread.upperBound
            let received = try buffer.withMutableBytes { (bytes) throws(VaultError) in
                try unsafe bytes.withUnsafeMutableBytes { (bytes) throws(VaultError) in
                    try unsafe socket.receive(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...]))
                }
            }
            guard received > 0 else { throw .agentWentAway }
            if deadline == nil { deadline = .now + Self.patience }
            unread = unread.lowerBound..<(end + received)
        }
    }

    /// Makes the buffer take `count` bytes from the first unread one on.
    private mutating func makeRoom(for count: Int) {
        if unread.isEmpty { unread = 0..<0 }
        guard buffer.count - unread.lowerBound < count else { return }
        // At once as long as a frame can be: what is this long is part of a list.
        buffer = SecretBytes(count: max(buffer.count, count <= buffer.count ? 0 : Frame.longest)) { target in
            buffer.withBytes { target.write($0.extracting(unread), at: 0) }
        }
        unread = 0..<unread.count
    }

    /// Leaves nothing of a secret in the buffer but what is still unread.
    private mutating func wipeWhatWasRead() {
        let read = unread.lowerBound
        buffer.withMutableBytes { bytes in
            unsafe bytes.withUnsafeMutableBytes { bytes in
                if let start = bytes.baseAddress { unsafe explicit_bzero(start, read) }
            }
        }
    }
}

/// One part of an answer, which is no failure.
struct AnswerPart: Sendable {
    var content: AnswerContent
    var isLast: Bool
}
