internal import Vault

/// Reads a variable file of Terraform: assignments of literals, as HCL writes them. Expressions are not allowed there.
struct HCLReader {
    let source: SourceText
    private var at: Int
    private var line = 1
    private var depth = 0

    /// The assignments, as the members of an object.
    ///
    /// - Throws: code `notUnderstood` for what is no such file, with the line.
    static func document(_ bytes: RawSpan, path: String) throws(VaultError) -> Node {
        var reader = HCLReader(source: try SourceText(bytes, path: path))
        return Node(line: 1, content: .object(try reader.members(bytes, isWhole: true)))
    }

    private init(source: SourceText) {
        self.source = source
        at = source.start
    }

    /// Up to the closing brace, or the end of the file.
    private mutating func members(_ bytes: RawSpan, isWhole: Bool) throws(VaultError) -> [Node.Member] {
        var members: [Node.Member] = []
        var keys: Set<String> = []
        while true {
            try skip(bytes, linesToo: true)
            guard at < bytes.byteCount else {
                guard isWhole else { throw error("the file ends in the middle of an object") }
                return members
            }
            if !isWhole, takes(UInt8(ascii: "}"), bytes) { return members }
            let line = line
            let key = try key(bytes)
            guard keys.insert(key).inserted else { throw error("\(key) is there twice") }
            try skip(bytes, linesToo: false)
            guard takes(UInt8(ascii: "="), bytes) || !isWhole && takes(UInt8(ascii: ":"), bytes) else {
                throw error("this is not NAME = VALUE")
            }
            members.append(Node.Member(key: key, line: line, value: try value(bytes)))
            // A comma or the end of the line, or of the object; the whole file has no commas.
            try skip(bytes, linesToo: false)
            guard at < bytes.byteCount else { continue }
            if bytes.byte(at: at) == 0x0a { continue }
            if !isWhole, takes(UInt8(ascii: ","), bytes) || bytes.byte(at: at) == UInt8(ascii: "}") { continue }
            throw error("something follows the value of \(key)")
        }
    }

    private mutating func key(_ bytes: RawSpan) throws(VaultError) -> String {
        if bytes.byte(at: at) == UInt8(ascii: "\"") {
            let value = try string(bytes)
            do throws(ValueFault) { return try value.text(in: bytes) } catch { throw self.error(error.message) }
        }
        let start = at
        while at < bytes.byteCount, Self.isOfName(bytes.byte(at: at)) { at += 1 }
        guard at > start else { throw error("this is not NAME = VALUE") }
        return bytes.text(start..<at)
    }

    private mutating func value(_ bytes: RawSpan) throws(VaultError) -> Node {
        try skip(bytes, linesToo: depth > 0)
        guard at < bytes.byteCount else { throw error("the file ends where a value is expected") }
        let line = line
        switch bytes.byte(at: at) {
        case UInt8(ascii: "\""): return Node(line: line, content: .string(try string(bytes)))
        case UInt8(ascii: "{"):
            return Node(
                line: line,
                content: .object(
                    try nested { (reader) throws(VaultError) in try reader.members(bytes, isWhole: false) }))
        case UInt8(ascii: "["):
            return Node(
                line: line,
                content: .array(try nested { (reader) throws(VaultError) in try reader.elements(bytes) }))
        case UInt8(ascii: "<"): throw error("heredocs (<<) are not read: write the value as \"…\"")
        default:
            let start = at
            while at < bytes.byteCount, Self.isOfName(bytes.byte(at: at)) || bytes.byte(at: at) == UInt8(ascii: ".") {
                at += 1
            }
            let word = bytes.text(start..<min(at, start + 40))
            if word == "null" { return Node(line: line, content: .null) }
            guard word == "true" || word == "false" || Double(word) != nil else {
                throw error("a value is no literal, which variable files do not have")
            }
            return Node(line: line, content: .other(start..<at))
        }
    }

    private mutating func elements(_ bytes: RawSpan) throws(VaultError) -> [Node] {
        var elements: [Node] = []
        while true {
            try skip(bytes, linesToo: true)
            if takes(UInt8(ascii: "]"), bytes) { return elements }
            elements.append(try value(bytes))
            try skip(bytes, linesToo: true)
            if takes(UInt8(ascii: ","), bytes) { continue }
            guard at < bytes.byteCount, bytes.byte(at: at) == UInt8(ascii: "]") else {
                throw error(at < bytes.byteCount ? "a comma is missing in a list" : "the file ends in a list")
            }
        }
    }

    private mutating func nested<Result>(
        _ read: (inout HCLReader) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        depth += 1
        guard depth <= Node.deepest else { throw error("values are nested deeper than \(Node.deepest) levels") }
        at += 1
        let result = try read(&self)
        depth -= 1
        return result
    }

    /// The quoted string that begins here; it ends in its line.
    private mutating func string(_ bytes: RawSpan) throws(VaultError) -> FileValue {
        let start = at
        at += 1
        while at < bytes.byteCount, bytes.byte(at: at) != UInt8(ascii: "\""), bytes.byte(at: at) != 0x0a {
            at += bytes.byte(at: at) == UInt8(ascii: "\\") ? 2 : 1
        }
        guard at < bytes.byteCount, bytes.byte(at: at) == UInt8(ascii: "\"") else {
            throw error("a string does not end in its line")
        }
        at += 1
        return FileValue(
            range: start..<at, line: line, spelling: .hcl,
            erasure: Erasure(start..<at, replacement: Array("\"\"".utf8)))
    }

    private mutating func takes(_ byte: UInt8, _ bytes: RawSpan) -> Bool {
        guard at < bytes.byteCount, bytes.byte(at: at) == byte else { return false }
        at += 1
        return true
    }

    /// Steps over blanks and comments.
    private mutating func skip(_ bytes: RawSpan, linesToo: Bool) throws(VaultError) {
        while at < bytes.byteCount {
            switch bytes.byte(at: at) {
            case 0x0a where linesToo:
                line += 1
                at += 1
            case 0x20, 0x09, 0x0d: at += 1
            case UInt8(ascii: "#"),
                UInt8(ascii: "/") where bytes.has("//", at: at):
                while at < bytes.byteCount, bytes.byte(at: at) != 0x0a { at += 1 }
            case UInt8(ascii: "/") where bytes.has("/*", at: at):
                let begin = line
                at += 2
                while !bytes.has("*/", at: at) {
                    guard at < bytes.byteCount else { throw source.error(begin, "a comment does not end") }
                    if bytes.byte(at: at) == 0x0a { line += 1 }
                    at += 1
                }
                at += 2
            default: return
            }
        }
    }

    private func error(_ what: String) -> VaultError { source.error(line, what) }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
