internal import FoundationEssentials

/// A JSON document from a peer that nobody has reason to trust, checked before a decoder sees it.
///
/// Two things are done on the bytes: nesting is counted, so that no decoder recurses deeper than ``maximumDepth``; and
/// one string of the outermost object, a token, is moved to locked memory, so that the decoder, which copies what it
/// reads into strings, never holds it. Everything else about the grammar is the decoder's to judge: putting an empty
/// string in the place of a string leaves a right document right and a wrong one wrong.
struct BoundedJSON: ~Copyable {
    static let maximumDepth = 64

    /// Why a document is not looked at any further.
    enum Refusal: Error, Equatable {
        case notJSON
        case tooDeep
        /// The key that holds the token is there twice; which of them counts is anybody's guess.
        case repeatedKey
        /// The token has a character that no token has (RFC 6750, section 2.1).
        case notAToken

        /// Continues "it is …".
        var description: String {
            switch self {
            case .notJSON: "not the JSON that was expected"
            case .tooDeep: "JSON nested deeper than \(BoundedJSON.maximumDepth) levels"
            case .repeatedKey: "JSON with its token in it twice"
            case .notAToken: "JSON with a token of characters that no token has"
            }
        }
    }

    /// The string that was moved out, unescaped; nil where there was none.
    let secret: SecretBytes?
    private let rest: Data

    /// - Parameter key: the name of the outermost object's string that is a secret, if any.
    init(_ document: borrowing SecretBytes, secretKey key: String? = nil) throws(Refusal) {
        let found = try document.withBytes { (bytes) throws(Refusal) in try Self.scan(bytes, for: key) }
        if let found {
            secret = try document.withBytes { (bytes) throws(Refusal) in try Self.token(bytes.extracting(found)) }
        } else {
            secret = nil
        }
        rest = unsafe document.withUnsafeBytes { bytes in
            guard let found else { return unsafe Data(bytes) }
            var rest = unsafe Data(bytes[..<found.lowerBound])
            unsafe rest.append(contentsOf: bytes[found.upperBound...])
            return rest
        }
    }

    /// What the document says, but for the secret, which reads as an empty string.
    borrowing func decode<Value: Decodable>(_ type: Value.Type) throws(Refusal) -> Value {
        do {
            return try JSONDecoder().decode(type, from: rest)
        } catch {
            // What the decoder says quotes the document, so it goes no further than here.
            throw .notJSON
        }
    }

    /// Counts nesting, and finds the bytes between the quotes of the string that `key` names.
    private static func scan(_ bytes: RawSpan, for key: String?) throws(Refusal) -> Range<Int>? {
        var depth = 0
        var found: Range<Int>?
        var at = 0
        while at < bytes.byteCount {
            switch bytes.octet(at: at) {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                guard depth <= maximumDepth else { throw .tooDeep }
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                guard depth >= 0 else { throw .notJSON }
            case UInt8(ascii: "\""):
                let string = try string(at: at, in: bytes)
                at = string.upperBound
                if depth == 1, let key, bytes.extracting(string).isEqual(to: key),
                    let value = try value(after: string.upperBound + 1, in: bytes)
                {
                    guard found == nil else { throw .repeatedKey }
                    found = value
                    at = value.upperBound
                }
            case 0:
                // A zero byte is in no JSON of UTF-8, but in every one of UTF-16, which the decoder would read too.
                throw .notJSON
            default: break
            }
            at += 1
        }
        guard depth == 0 else { throw .notJSON }
        return found
    }

    /// The bytes between the quotes of the string that begins at `start`.
    private static func string(at start: Int, in bytes: RawSpan) throws(Refusal) -> Range<Int> {
        var at = start + 1
        while at < bytes.byteCount {
            switch bytes.octet(at: at) {
            case UInt8(ascii: "\""): return start + 1..<at
            case UInt8(ascii: "\\"): at += 2
            default: at += 1
            }
        }
        throw .notJSON
    }

    /// The string behind the colon that follows a key; nil where something else follows.
    private static func value(after end: Int, in bytes: RawSpan) throws(Refusal) -> Range<Int>? {
        let colon = firstNotBlank(from: end, in: bytes)
        guard colon < bytes.byteCount, bytes.octet(at: colon) == UInt8(ascii: ":") else { return nil }
        let start = firstNotBlank(from: colon + 1, in: bytes)
        guard start < bytes.byteCount, bytes.octet(at: start) == UInt8(ascii: "\"") else { return nil }
        return try string(at: start, in: bytes)
    }

    private static func firstNotBlank(from start: Int, in bytes: RawSpan) -> Int {
        var at = start
        while at < bytes.byteCount, [0x20, 0x09, 0x0a, 0x0d].contains(bytes.octet(at: at)) { at += 1 }
        return at
    }

    /// A string's value. Printable ASCII without space, quote and backslash is all that can go into an `Authorization`
    /// field; some encoders write `/` and `+` of it as `\/` and `\u002B`.
    private static func token(_ bytes: RawSpan) throws(Refusal) -> SecretBytes {
        var token = LockedBuffer(capacity: bytes.byteCount)
        var at = 0
        while at < bytes.byteCount {
            var byte = bytes.octet(at: at)
            if byte == UInt8(ascii: "\\") {
                let (value, length) = try escape(bytes.extracting(at..<bytes.byteCount))
                byte = value
                at += length
            } else {
                at += 1
            }
            guard (0x21...0x7e).contains(byte), byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") else {
                throw .notAToken
            }
            token.append(byte)
        }
        return token.take()
    }

    /// The character of the escape that `bytes` begin with, and how many bytes that takes.
    private static func escape(_ bytes: RawSpan) throws(Refusal) -> (UInt8, length: Int) {
        guard bytes.byteCount >= 2 else { throw .notAToken }
        switch bytes.octet(at: 1) {
        case UInt8(ascii: "/"): return (UInt8(ascii: "/"), 2)
        case UInt8(ascii: "u"):
            guard bytes.byteCount >= 6 else { throw .notAToken }
            var value: UInt16 = 0
            for offset in 2..<6 {
                guard let digit = Character(Unicode.Scalar(bytes.octet(at: offset))).hexDigitValue else {
                    throw .notAToken
                }
                value = value << 4 | UInt16(digit)
            }
            guard value < 0x80 else { throw .notAToken }
            return (UInt8(value), 6)
        default: throw .notAToken
        }
    }
}

extension RawSpan {
    fileprivate func isEqual(to text: String) -> Bool {
        guard byteCount == text.utf8.count else { return false }
        return text.utf8.enumerated().allSatisfy { octet(at: $0.offset) == $0.element }
    }
}

/// A whole number that some endpoints write as a number and some as a string (wire reference, 1.2).
struct LenientInteger: Decodable, Equatable {
    let value: Int

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        do {
            value = try container.decode(Int.self)
        } catch DecodingError.typeMismatch {
            guard let number = Int(try container.decode(String.self)) else {
                throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a whole number")
            }
            value = number
        }
    }
}
