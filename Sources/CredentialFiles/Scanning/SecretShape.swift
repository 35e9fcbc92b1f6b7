internal import Vault

/// Secrets that are known by how they look.
enum SecretShape {
    /// The secret that a byte may belong to, by the byte that gives it away.
    ///
    /// - Parameter within: the line.
    /// - Returns: nil where there is none.
    static func secret(
        at offset: Int, within line: Range<Int>, in bytes: RawSpan
    ) -> (kind: LyingSecret.Kind, range: Range<Int>)? {
        switch bytes.byte(at: offset) {
        case UInt8(ascii: "Q"): entra(at: offset, line, bytes).map { (.clientSecret, $0) }
        case UInt8(ascii: "d"): databricks(at: offset, line, bytes)
        default: nil
        }
    }

    /// Three characters, a digit, `Q~`, and 31 to 34 characters: client secrets of Entra, as scanners of others know them.
    private static func entra(at mark: Int, _ line: Range<Int>, _ bytes: RawSpan) -> Range<Int>? {
        let start = mark - 4
        guard start >= line.lowerBound, mark + 1 < line.upperBound, bytes.byte(at: mark + 1) == UInt8(ascii: "~"),
            isDigit(bytes.byte(at: mark - 1)), (start..<mark - 1).allSatisfy({ isOfEntra(bytes.byte(at: $0)) }),
            start == line.lowerBound || !isOfEntra(bytes.byte(at: start - 1))
        else { return nil }
        var end = mark + 2
        while end < line.upperBound, isOfEntra(bytes.byte(at: end)) { end += 1 }
        return (31...34).contains(end - mark - 2) ? start..<end : nil
    }

    /// `dose` or `dapi` and 32 digits in hexadecimal, a token also with a number behind it.
    private static func databricks(
        at start: Int, _ line: Range<Int>, _ bytes: RawSpan
    ) -> (LyingSecret.Kind, Range<Int>)? {
        let kind: LyingSecret.Kind
        if bytes.has("dose", at: start) {
            kind = .databricksSecret
        } else if bytes.has("dapi", at: start) {
            kind = .databricksToken
        } else {
            return nil
        }
        guard start == line.lowerBound || !isWord(bytes.byte(at: start - 1)), start + 36 <= line.upperBound,
            (start + 4..<start + 36).allSatisfy({ isHexadecimal(bytes.byte(at: $0)) })
        else { return nil }
        var end = start + 36
        if kind == .databricksToken, end + 1 < line.upperBound, bytes.byte(at: end) == UInt8(ascii: "-"),
            isDigit(bytes.byte(at: end + 1))
        {
            end += 2
        }
        guard end == line.upperBound || !isWord(bytes.byte(at: end)) else { return nil }
        return (kind, start..<end)
    }

    static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7a).contains(byte | 0x20) }

    /// Of a name.
    static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "_") }

    private static func isOfEntra(_ byte: UInt8) -> Bool {
        isWord(byte) || byte == UInt8(ascii: "~") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-")
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { isDigit(byte) || (0x61...0x66).contains(byte) }
}
