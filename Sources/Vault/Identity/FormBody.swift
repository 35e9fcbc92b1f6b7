/// A form as `application/x-www-form-urlencoded`, built byte by byte in locked memory because a secret is one of its
/// fields (RFC 6749, section 4.4.2 and appendix B).
///
/// Every byte but RFC 3986's unreserved ones is percent-encoded, a space included: `%20` is read by every endpoint,
/// and a `+` never has to be told from a space.
struct FormBody: ~Copyable {
    private var bytes: LockedBuffer

    init() {
        bytes = LockedBuffer()
    }

    mutating func add(_ name: String, _ value: String) {
        begin(name)
        for byte in value.utf8 { Self.encode(byte, into: &bytes) }
    }

    mutating func add(_ name: String, _ secret: borrowing SecretBytes) {
        begin(name)
        secret.withBytes { span in
            for offset in 0..<span.byteCount { Self.encode(span.octet(at: offset), into: &bytes) }
        }
    }

    /// What goes over the wire.
    consuming func finish() -> SecretBytes {
        bytes.take()
    }

    /// A secret as a form holds it.
    static func encoded(_ secret: borrowing SecretBytes) -> SecretBytes {
        var encoded = LockedBuffer(capacity: secret.count * 3)
        secret.withBytes { span in
            for offset in 0..<span.byteCount { encode(span.octet(at: offset), into: &encoded) }
        }
        return encoded.take()
    }

    private mutating func begin(_ name: String) {
        if bytes.count > 0 { bytes.append(UInt8(ascii: "&")) }
        for byte in name.utf8 { Self.encode(byte, into: &bytes) }
        bytes.append(UInt8(ascii: "="))
    }

    private static func encode(_ byte: UInt8, into bytes: inout LockedBuffer) {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            bytes.append(byte)
        default:
            bytes.append(UInt8(ascii: "%"))
            bytes.append(digit(byte >> 4))
            bytes.append(digit(byte & 0xf))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
