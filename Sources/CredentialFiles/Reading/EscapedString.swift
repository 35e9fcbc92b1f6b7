internal import Vault

/// The escapes of a string in double quotes, of JSON (RFC 8259, section 7) or HCL (its specification, "Template
/// Expressions").
struct EscapedString {
    enum Escapes {
        case json, hcl
    }

    let escapes: Escapes

    /// Hands over what the bytes between the quotes mean.
    func decode(_ range: Range<Int>, in bytes: RawSpan, _ emit: (UInt8) -> Void) throws(ValueFault) {
        var at = range.lowerBound
        while at < range.upperBound {
            let byte = bytes.byte(at: at)
            switch byte {
            case UInt8(ascii: "\\"):
                at = try escape(at + 1, range.upperBound, in: bytes, emit)
            case 0..<0x20 where escapes == .json || byte == 0x0a:
                throw ValueFault(message: "a string has a line break or control character")
            case UInt8(ascii: "$") where escapes == .hcl, UInt8(ascii: "%") where escapes == .hcl:
                at = try template(at, byte, range.upperBound, in: bytes, emit)
            default:
                emit(byte)
                at += 1
            }
        }
    }

    /// - Parameter at: behind the backslash.
    /// - Returns: what comes behind the escape.
    private func escape(
        _ at: Int, _ end: Int, in bytes: RawSpan, _ emit: (UInt8) -> Void
    ) throws(ValueFault) -> Int {
        guard at < end else { throw Self.unknown }
        switch (bytes.byte(at: at), escapes) {
        case (UInt8(ascii: "\""), _): emit(UInt8(ascii: "\""))
        case (UInt8(ascii: "\\"), _): emit(UInt8(ascii: "\\"))
        case (UInt8(ascii: "n"), _): emit(0x0a)
        case (UInt8(ascii: "r"), _): emit(0x0d)
        case (UInt8(ascii: "t"), _): emit(0x09)
        case (UInt8(ascii: "/"), .json): emit(UInt8(ascii: "/"))
        case (UInt8(ascii: "b"), .json): emit(0x08)
        case (UInt8(ascii: "f"), .json): emit(0x0c)
        case (UInt8(ascii: "u"), _): return try unicode(at + 1, 4, end, in: bytes, emit)
        case (UInt8(ascii: "U"), .hcl): return try unicode(at + 1, 8, end, in: bytes, emit)
        default: throw Self.unknown
        }
        return at + 1
    }

    private func unicode(
        _ at: Int, _ digits: Int, _ end: Int, in bytes: RawSpan, _ emit: (UInt8) -> Void
    ) throws(ValueFault) -> Int {
        var value = try Self.number(at, digits, end, in: bytes)
        var next = at + digits
        // Beyond the first 65,536 characters JSON takes two of them.
        if escapes == .json, (0xd800...0xdbff).contains(value), bytes.has("\\u", at: next), next + 6 <= end {
            let low = try Self.number(next + 2, 4, end, in: bytes)
            guard (0xdc00...0xdfff).contains(low) else { throw Self.unknown }
            value = 0x10000 + (value - 0xd800) << 10 + (low - 0xdc00)
            next += 6
        }
        guard value != 0, let scalar = Unicode.Scalar(value) else {
            throw ValueFault(message: "a string has an escape for what is no character")
        }
        for byte in String(Character(scalar)).utf8 { emit(byte) }
        return next
    }

    private static func number(
        _ at: Int, _ digits: Int, _ end: Int, in bytes: RawSpan
    ) throws(ValueFault) -> UInt32 {
        guard at + digits <= end else { throw unknown }
        var value: UInt32 = 0
        for offset in at..<at + digits {
            guard let digit = Character(Unicode.Scalar(bytes.byte(at: offset))).hexDigitValue, value < 1 << 28 else {
                throw unknown
            }
            value = value << 4 | UInt32(digit)
        }
        return value
    }

    /// `${` and `%{` are something to be worked out, unless their first character is doubled.
    private func template(
        _ at: Int, _ byte: UInt8, _ end: Int, in bytes: RawSpan, _ emit: (UInt8) -> Void
    ) throws(ValueFault) -> Int {
        emit(byte)
        if at + 2 < end, bytes.byte(at: at + 1) == byte, bytes.byte(at: at + 2) == UInt8(ascii: "{") {
            emit(UInt8(ascii: "{"))
            return at + 3
        }
        guard at + 1 == end || bytes.byte(at: at + 1) != UInt8(ascii: "{") else {
            throw ValueFault(message: "a value has something in it that only Terraform can work out")
        }
        return at + 1
    }

    private static let unknown = ValueFault(message: "a string has an escape that is not known")
}
