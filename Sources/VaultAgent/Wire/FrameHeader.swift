internal import Vault

/// The first 8 bytes of a frame.
struct FrameHeader: Sendable, Equatable {
    /// Why 8 bytes are no header.
    enum Refusal: Error, Sendable, Equatable {
        /// A header, but one of a program of another version: the layout of the length and the version never changes,
        /// nor does the longest length.
        case otherVersion(UInt8)
        case unknownKind(UInt8)
        case reservedNotZero(UInt16)
        /// A length that does not even cover the rest of the header.
        case tooShort(UInt32)
        case tooLong(UInt32)
    }

    let kind: Frame.Kind
    /// Bytes after the header.
    let payloadLength: Int

    /// Bytes of header and payload.
    var frameLength: Int { Frame.headerLength + payloadLength }

    /// - Precondition: `payloadLength` is at most ``Frame/longestPayload``.
    init(kind: Frame.Kind, payloadLength: Int) {
        precondition((0...Frame.longestPayload).contains(payloadLength))
        self.kind = kind
        self.payloadLength = payloadLength
    }

    /// Reads the header at the start of `bytes`.
    ///
    /// - Precondition: there are at least ``Frame/headerLength`` bytes.
    init(_ bytes: RawSpan) throws(Refusal) {
        let length =
            UInt32(bytes.byte(at: 0)) | UInt32(bytes.byte(at: 1)) << 8 | UInt32(bytes.byte(at: 2)) << 16
            | UInt32(bytes.byte(at: 3)) << 24
        // Lengths first: what is no frame at all, such as the start of an HTTP request, is not of another version.
        guard length >= UInt32(Self.lengthOfRest) else { throw .tooShort(length) }
        guard length <= UInt32(Frame.longest - Self.lengthOfLength) else { throw .tooLong(length) }
        guard bytes.byte(at: 4) == Frame.version else { throw .otherVersion(bytes.byte(at: 4)) }
        guard let kind = Frame.Kind(rawValue: bytes.byte(at: 5)) else { throw .unknownKind(bytes.byte(at: 5)) }
        let reserved = UInt16(bytes.byte(at: 6)) | UInt16(bytes.byte(at: 7)) << 8
        guard reserved == 0 else { throw .reservedNotZero(reserved) }
        self.kind = kind
        payloadLength = Int(length) - Self.lengthOfRest
    }

    /// The 8 bytes.
    var bytes: [UInt8] {
        UInt32(payloadLength + Self.lengthOfRest).littleEndianBytes + [Frame.version, kind.rawValue, 0, 0]
    }

    private static let lengthOfLength = 4
    /// What the length counts beside the payload.
    private static let lengthOfRest = Frame.headerLength - lengthOfLength
}
