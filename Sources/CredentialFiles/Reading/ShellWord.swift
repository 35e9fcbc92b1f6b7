internal import Vault

/// A value of a file of variables.
///
/// Shells, Docker and the many readers of `.env` files differ in what they make of some of them. A secret that one of them
/// would read otherwise is not guessed at: it is refused, and single quotes make it plain.
enum ShellWord {
    /// Where the value that begins at `start` ends, quotes and all.
    ///
    /// - Returns: nil where a quote is not closed.
    static func end(from start: Int, limit: Int, in bytes: RawSpan) -> Int? {
        guard start < limit, isQuote(bytes.byte(at: start)) else {
            // No quote: to the end of the line, or to what is a comment.
            var at = start
            while at < limit, bytes.byte(at: at) != UInt8(ascii: "\n") {
                if bytes.byte(at: at) == UInt8(ascii: "#"), at == start || bytes.isBlank(at: at - 1) { break }
                at += 1
            }
            return bytes.trimmed(start..<at).upperBound
        }
        var at = start
        while at < limit, !bytes.isBlank(at: at) {
            switch bytes.byte(at: at) {
            case UInt8(ascii: "'"):
                guard let close = closing(UInt8(ascii: "'"), from: at + 1, limit, escapes: false, in: bytes) else {
                    return nil
                }
                at = close + 1
            case UInt8(ascii: "\""):
                guard let close = closing(UInt8(ascii: "\""), from: at + 1, limit, escapes: true, in: bytes) else {
                    return nil
                }
                at = close + 1
            case UInt8(ascii: "\\"): at += 2
            default: at += 1
            }
        }
        return min(at, limit)
    }

    /// Hands over what the word means.
    static func decode(_ range: Range<Int>, in bytes: RawSpan, _ emit: (UInt8) -> Void) throws(ValueFault) {
        guard let first = range.first else { return }
        let isQuoted = isQuote(bytes.byte(at: first))
        if !isQuoted, bytes.byte(at: first) == UInt8(ascii: "~") {
            throw ValueFault(message: "a value begins with ~, which shells replace: put it in single quotes")
        }
        var at = first
        while at < range.upperBound {
            switch bytes.byte(at: at) {
            case UInt8(ascii: "'") where isQuoted:
                at += 1
                while bytes.byte(at: at) != UInt8(ascii: "'") {
                    emit(bytes.byte(at: at))
                    at += 1
                }
                at += 1
            case UInt8(ascii: "\"") where isQuoted:
                at = try doubleQuoted(from: at + 1, in: bytes, emit)
            case UInt8(ascii: "\\") where isQuoted && at + 1 < range.upperBound && isQuote(bytes.byte(at: at + 1)):
                // 'it'\''s', the only way to write a quote among single quotes.
                emit(bytes.byte(at: at + 1))
                at += 2
            case let byte:
                try checkBare(byte, at, range.upperBound, in: bytes)
                emit(byte)
                at += 1
            }
        }
    }

    private static func doubleQuoted(
        from start: Int, in bytes: RawSpan, _ emit: (UInt8) -> Void
    ) throws(ValueFault) -> Int {
        var at = start
        while bytes.byte(at: at) != UInt8(ascii: "\"") {
            let byte = bytes.byte(at: at)
            let next = bytes.byte(at: at + 1)
            switch byte {
            case UInt8(ascii: "\\"):
                switch next {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "$"), UInt8(ascii: "`"):
                    emit(next)
                    at += 2
                case 0x0a: at += 2
                case UInt8(ascii: "a"), UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"),
                    UInt8(ascii: "t"), UInt8(ascii: "v"), UInt8(ascii: "'"):
                    throw ValueFault(
                        message:
                            "shells and other tools read an escape of this value differently: put it in single quotes")
                default:
                    // For a shell it is a backslash, and the character.
                    emit(byte)
                    at += 1
                }
            case UInt8(ascii: "$") where isExpansion(next): throw expands
            case UInt8(ascii: "`"): throw expands
            default:
                emit(byte)
                at += 1
            }
        }
        return at + 1
    }

    /// Refuses what means something outside quotes, or to some readers.
    private static func checkBare(_ byte: UInt8, _ at: Int, _ end: Int, in bytes: RawSpan) throws(ValueFault) {
        switch byte {
        case UInt8(ascii: "$") where at + 1 < end && isExpansion(bytes.byte(at: at + 1)), UInt8(ascii: "`"):
            throw expands
        case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: ";"), UInt8(ascii: "&"),
            UInt8(ascii: "|"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "("), UInt8(ascii: ")"), 0x20, 0x09,
            0x0d:
            throw ValueFault(
                message: "shells and other tools read this value differently: put it in single quotes")
        default: break
        }
    }

    private static let expands = ValueFault(
        message:
            "a value has something in it that only a shell can work out; put it in single quotes if it is meant as it is"
    )

    /// Whether a `$` before it begins an expansion.
    private static func isExpansion(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "{"), UInt8(ascii: "("),
            UInt8(ascii: "@"), UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: "?"), UInt8(ascii: "$"),
            UInt8(ascii: "!"), UInt8(ascii: "-"), UInt8(ascii: "'"):
            true
        default: false
        }
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") }

    private static func closing(
        _ quote: UInt8, from start: Int, _ limit: Int, escapes: Bool, in bytes: RawSpan
    ) -> Int? {
        var at = start
        while at < limit {
            let byte = bytes.byte(at: at)
            if byte == quote { return at }
            at += escapes && byte == UInt8(ascii: "\\") ? 2 : 1
        }
        return nil
    }
}
