internal import SwiftProtobuf
internal import Vault

/// What client and agent send each other: a header of 8 bytes, then a payload.
///
/// | bytes | what |
/// |---|---|
/// | 4 | length of all that follows these four, little-endian |
/// | 1 | version, 1 |
/// | 1 | kind |
/// | 2 | zero |
/// | … | payload |
///
/// A request is a frame of kind `request`; an answer is any number of `part` and then a `last`. Where the message says
/// that a secret follows, a frame of kind `secret` comes next: nothing but the raw bytes, so that no decoder copies them.
enum Frame {
    /// Bytes of a whole frame, its length field included.
    static let longest = 65_536
    static let headerLength = 8
    static let longestPayload = longest - headerLength
    static let version: UInt8 = 1

    enum Kind: UInt8, Sendable {
        case request = 1
        /// Belongs to the message before it.
        case secret = 2
        /// Part of an answer; more follows.
        case part = 3
        case last = 4
    }

    /// A frame that holds `message`.
    /// - Throws: code `internalError` when it is longer than a frame.
    static func bytes(_ kind: Kind, _ message: some Message) throws(VaultError) -> [UInt8] {
        let payload: [UInt8]
        do { payload = try message.serializedBytes() } catch { throw .tooLongForFrame }
        guard payload.count <= longestPayload else { throw .tooLongForFrame }
        return FrameHeader(kind: kind, payloadLength: payload.count).bytes + payload
    }

    /// A frame that holds `message` and one that holds `secret`, to be sent as one.
    /// - Throws: code `internalError` when either is longer than a frame.
    static func bytes(
        _ kind: Kind, _ message: some Message, followedBy secret: borrowing SecretBytes
    ) throws(VaultError) -> SecretBytes {
        guard secret.count <= longestPayload else { throw .tooLongForFrame }
        let first = try bytes(kind, message) + FrameHeader(kind: .secret, payloadLength: secret.count).bytes
        return SecretBytes(count: first.count + secret.count) { target in
            first.withRawSpan { target.write($0, at: 0) }
            secret.withBytes { target.write($0, at: first.count) }
        }
    }
}

extension VaultError {
    fileprivate static var tooLongForFrame: VaultError {
        VaultError(.internalError, "a message is longer than a frame between client and agent")
    }
}
