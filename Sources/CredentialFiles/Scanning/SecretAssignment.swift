internal import Vault

/// Secrets that are known by what they are called: `ARM_CLIENT_SECRET=…`, `"clientSecret": "…"`, `--client-secret …`.
enum SecretAssignment {
    /// A value shorter than that, or without both letters and digits, is a placeholder or a word.
    private static let shortest = 12

    /// The value that is given to something called a client secret.
    ///
    /// - Parameter start: where `client` begins, in any case.
    /// - Returns: nil where there is none, or one that stands for another, as `$SECRET` does.
    static func secret(at start: Int, within line: Range<Int>, in bytes: RawSpan) -> Range<Int>? {
        guard let name = name("secret", at: start, line, bytes), let value = value(behind: name, line, bytes),
            isLiteral(value, bytes)
        else { return nil }
        return value
    }

    /// The client id that stands in the line, as `ARM_CLIENT_ID=… ARM_CLIENT_SECRET=… terraform plan` has it.
    static func clientID(within line: Range<Int>, in bytes: RawSpan) -> String? {
        for start in line where bytes.byte(at: start) | 0x20 == UInt8(ascii: "c") {
            guard let name = name("id", at: start, line, bytes), let value = value(behind: name, line, bytes),
                isGUID(value, bytes)
            else { continue }
            return bytes.text(value)
        }
        return nil
    }

    /// Where the name `client`, a separator, and `word` ends; nil where another name stands there.
    private static func name(_ word: String, at start: Int, _ line: Range<Int>, _ bytes: RawSpan) -> Int? {
        var at = start
        func skip(_ text: String) -> Bool {
            for expected in text.utf8 {
                guard at < line.upperBound, bytes.byte(at: at) | 0x20 == expected else { return false }
                at += 1
            }
            return true
        }
        guard skip("client") else { return nil }
        if at < line.upperBound, bytes.byte(at: at) == UInt8(ascii: "_") || bytes.byte(at: at) == UInt8(ascii: "-") {
            at += 1
        }
        guard skip(word), at == line.upperBound || !SecretShape.isWord(bytes.byte(at: at)) else { return nil }
        return at
    }

    /// What follows a name: behind its quote, an equals sign, a colon or a space, and with quotes of its own or none.
    private static func value(behind name: Int, _ line: Range<Int>, _ bytes: RawSpan) -> Range<Int>? {
        var at = name
        func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }
        // `\"` where one text is quoted in another.
        func skipQuote() -> UInt8? {
            var next = at
            if next < line.upperBound, bytes.byte(at: next) == UInt8(ascii: "\\") { next += 1 }
            guard next < line.upperBound, isQuote(bytes.byte(at: next)) else { return nil }
            at = next + 1
            return bytes.byte(at: next)
        }
        _ = skipQuote()
        let delimiters = at
        while at < line.upperBound, " \t=:".utf8.contains(bytes.byte(at: at)) { at += 1 }
        guard at > delimiters else { return nil }
        let quote = skipQuote()
        let start = at
        while at < line.upperBound {
            let byte = bytes.byte(at: at)
            if let quote {
                if byte == quote { break }
            } else if bytes.isBlank(at: at) || "\"',;&|<>(){}`".utf8.contains(byte) {
                break
            }
            at += 1
        }
        if quote != nil, at > start, at < line.upperBound, bytes.byte(at: at - 1) == UInt8(ascii: "\\") { at -= 1 }
        return start < at ? start..<at : nil
    }

    /// Whether it is a secret itself, as far as that can be seen.
    static func isLiteral(_ range: Range<Int>, _ bytes: RawSpan) -> Bool {
        guard range.count >= shortest, !"$<{(@%*".utf8.contains(bytes.byte(at: range.lowerBound)) else { return false }
        let isGiven =
            range.contains { SecretShape.isDigit(bytes.byte(at: $0)) }
            && range.contains { SecretShape.isLetter(bytes.byte(at: $0)) }
            && !range.contains { bytes.isBlank(at: $0) }
        return isGiven && !isGUID(range, bytes)
    }

    /// 8-4-4-4-12 digits in hexadecimal: an id, and no secret.
    static func isGUID(_ range: Range<Int>, _ bytes: RawSpan) -> Bool {
        guard range.count == 36 else { return false }
        return range.allSatisfy { offset in
            let byte = bytes.byte(at: offset)
            return switch offset - range.lowerBound {
            case 8, 13, 18, 23: byte == UInt8(ascii: "-")
            default: SecretShape.isDigit(byte) || (0x61...0x66).contains(byte | 0x20)
            }
        }
    }
}
