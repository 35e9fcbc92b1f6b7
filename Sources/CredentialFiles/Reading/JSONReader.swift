internal import Vault

/// Reads JSON (RFC 8259) with the place of everything, and without taking its strings out: keys become strings, values stay
/// where they are.
///
/// Stricter than it must be where readers differ: no key twice in an object.
struct JSONReader {
    let source: SourceText
    private var at: Int
    private var line = 1
    private var depth = 0

    /// - Throws: code `notUnderstood` for what is no JSON, with the line.
    static func document(_ bytes: RawSpan, path: String) throws(VaultError) -> Node {
        var reader = JSONReader(source: try SourceText(bytes, path: path))
        let node = try reader.value(bytes)
        reader.skipBlanks(bytes)
        guard reader.at == bytes.byteCount else { throw reader.error("something follows the end of the JSON") }
        return node
    }

    private init(source: SourceText) {
        self.source = source
        at = source.start
    }

    private mutating func value(_ bytes: RawSpan) throws(VaultError) -> Node {
        skipBlanks(bytes)
        guard at < bytes.byteCount else { throw source.error(line, "the file ends in the middle of the JSON") }
        let line = line
        switch bytes.byte(at: at) {
        case UInt8(ascii: "{"): return Node(line: line, content: .object(try nested(bytes, Self.members)))
        case UInt8(ascii: "["): return Node(line: line, content: .array(try nested(bytes, Self.elements)))
        case UInt8(ascii: "\""): return Node(line: line, content: .string(try string(bytes)))
        default:
            let start = at
            while at < bytes.byteCount, Self.isOfWord(bytes.byte(at: at)) { at += 1 }
            let word = bytes.text(start..<min(at, start + 40))
            if word == "null" { return Node(line: line, content: .null) }
            guard word == "true" || word == "false" || Self.isNumber(word) else {
                throw source.error(line, "this is no JSON")
            }
            return Node(line: line, content: .other(start..<at))
        }
    }

    private mutating func nested<Result>(
        _ bytes: RawSpan, _ read: (inout JSONReader, RawSpan) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        depth += 1
        guard depth <= Node.deepest else { throw error("the JSON is nested deeper than \(Node.deepest) levels") }
        at += 1
        let result = try read(&self, bytes)
        depth -= 1
        return result
    }

    private static func members(_ reader: inout JSONReader, _ bytes: RawSpan) throws(VaultError) -> [Node.Member] {
        var members: [Node.Member] = []
        var keys: Set<String> = []
        if reader.takes(UInt8(ascii: "}"), bytes) { return members }
        while true {
            reader.skipBlanks(bytes)
            guard reader.at < bytes.byteCount else { throw reader.atEnd }
            guard bytes.byte(at: reader.at) == UInt8(ascii: "\"") else { throw reader.error("a key is no string") }
            let line = reader.line
            let name = try reader.string(bytes)
            let key: String
            do throws(ValueFault) { key = try name.text(in: bytes) } catch {
                throw reader.source.error(line, error.message)
            }
            guard keys.insert(key).inserted else {
                throw reader.source.error(line, "the key \(Self.shown(key)) is there twice")
            }
            guard reader.takes(UInt8(ascii: ":"), bytes) else { throw reader.missing("a colon", bytes) }
            members.append(Node.Member(key: key, line: line, value: try reader.value(bytes)))
            if reader.takes(UInt8(ascii: "}"), bytes) { return members }
            guard reader.takes(UInt8(ascii: ","), bytes) else { throw reader.missing("a comma", bytes) }
        }
    }

    private static func elements(_ reader: inout JSONReader, _ bytes: RawSpan) throws(VaultError) -> [Node] {
        var elements: [Node] = []
        if reader.takes(UInt8(ascii: "]"), bytes) { return elements }
        while true {
            elements.append(try reader.value(bytes))
            if reader.takes(UInt8(ascii: "]"), bytes) { return elements }
            guard reader.takes(UInt8(ascii: ","), bytes) else { throw reader.missing("a comma", bytes) }
        }
    }

    /// The string that begins here; its escapes are checked, so that a document is JSON as a whole or not at all.
    private mutating func string(_ bytes: RawSpan) throws(VaultError) -> FileValue {
        let start = at
        at += 1
        while at < bytes.byteCount, bytes.byte(at: at) != UInt8(ascii: "\"") {
            at += bytes.byte(at: at) == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < bytes.byteCount else { throw source.error(line, "a string does not end") }
        at += 1
        let value = FileValue(
            range: start..<at, line: line, spelling: .json,
            erasure: Erasure(start..<at, replacement: Array("\"\"".utf8)))
        do throws(ValueFault) { try value.decode(in: bytes) { _ in } } catch { throw source.error(line, error.message) }
        return value
    }

    /// Steps over `byte`, where it comes next.
    private mutating func takes(_ byte: UInt8, _ bytes: RawSpan) -> Bool {
        skipBlanks(bytes)
        guard at < bytes.byteCount, bytes.byte(at: at) == byte else { return false }
        at += 1
        return true
    }

    private mutating func skipBlanks(_ bytes: RawSpan) {
        while at < bytes.byteCount, bytes.isBlank(at: at) {
            if bytes.byte(at: at) == 0x0a { line += 1 }
            at += 1
        }
    }

    private func error(_ what: String) -> VaultError { source.error(line, what) }

    private var atEnd: VaultError { error("the file ends in the middle of the JSON") }

    private func missing(_ what: String, _ bytes: RawSpan) -> VaultError {
        at < bytes.byteCount ? error("this is no JSON: \(what) is missing") : atEnd
    }

    /// Keys are of the file, which may be anything.
    private static func shown(_ key: String) -> String { key.utf8.count <= 60 ? key : String(key.prefix(57)) + "…" }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    private static func isNumber(_ word: String) -> Bool {
        guard let first = word.utf8.first, first == UInt8(ascii: "-") || (0x30...0x39).contains(first) else {
            return false
        }
        return Double(word) != nil
    }
}
