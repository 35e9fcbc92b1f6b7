internal import Vault

/// Reads a file of variables: `NAME=value`, with `export` before it or not. Other lines are of no interest: such a file
/// may be a script.
enum EnvReader {
    struct Assignment: Sendable {
        var name: String
        var value: FileValue
    }

    /// - Throws: code `notUnderstood` for a quote that is not closed, with the line where it begins.
    static func assignments(_ bytes: RawSpan, path: String) throws(VaultError) -> [Assignment] {
        let source = try SourceText(bytes, path: path)
        var found: [Assignment] = []
        var line = 1
        var start = source.start
        while start < source.end {
            var end = start
            if let (name, valueStart) = Self.name(from: start, in: bytes) {
                guard let valueEnd = ShellWord.end(from: valueStart, limit: source.end, in: bytes) else {
                    throw source.error(line, "the quote of \(name) is not closed")
                }
                end = valueEnd
                // What follows must be nothing, or a comment; else the value is not what it looks like.
                let rest = bytes.trimmed(valueEnd..<Self.endOfLine(from: valueEnd, source.end, in: bytes))
                let isWhole = rest.isEmpty || bytes.byte(at: rest.lowerBound) == UInt8(ascii: "#")
                let range = valueStart..<(isWhole ? valueEnd : rest.upperBound)
                found.append(
                    Assignment(
                        name: name,
                        value: FileValue(
                            range: range, line: line, spelling: .shell,
                            // Scripts go on where the line stays.
                            erasure: Erasure(range, replacement: Array("''".utf8)))))
            }
            let next = Self.nextLine(from: end, source.end, in: bytes)
            line += (start..<next).count { bytes.byte(at: $0) == 0x0a }
            start = next
        }
        return found
    }

    /// The name that is assigned to in this line, and where the value begins.
    private static func name(from start: Int, in bytes: RawSpan) -> (String, Int)? {
        var at = skipSpaces(from: start, in: bytes)
        if bytes.has("export ", at: at) || bytes.has("export\t", at: at) { at = skipSpaces(from: at + 7, in: bytes) }
        let begin = at
        while at < bytes.byteCount, isOfName(bytes.byte(at: at), isFirst: at == begin) { at += 1 }
        let end = at
        at = skipSpaces(from: at, in: bytes)
        guard end > begin, at < bytes.byteCount, bytes.byte(at: at) == UInt8(ascii: "=") else { return nil }
        return (bytes.text(begin..<end), skipSpaces(from: at + 1, in: bytes))
    }

    private static func skipSpaces(from start: Int, in bytes: RawSpan) -> Int {
        var at = start
        while at < bytes.byteCount, bytes.byte(at: at) == 0x20 || bytes.byte(at: at) == 0x09 { at += 1 }
        return at
    }

    private static func endOfLine(from start: Int, _ limit: Int, in bytes: RawSpan) -> Int {
        var at = start
        while at < limit, bytes.byte(at: at) != 0x0a { at += 1 }
        return at
    }

    private static func nextLine(from start: Int, _ limit: Int, in bytes: RawSpan) -> Int {
        min(endOfLine(from: start, limit, in: bytes) + 1, limit)
    }

    private static func isOfName(_ byte: UInt8, isFirst: Bool) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"): !isFirst
        default: false
        }
    }
}
