internal import Vault

/// Reads an INI file as Python's `configparser` does, which is what `~/.databrickscfg` is read with: keys in any case, `=` or
/// `:`, comments on lines of their own.
enum INIReader {
    struct Section: Sendable {
        var name: String
        var line: Int
        /// By key, lower case.
        var values: [String: FileValue] = [:]
    }

    /// - Throws: code `notUnderstood` for a line that is none of an INI file, and for a section or key that is there twice.
    static func sections(_ bytes: RawSpan, path: String) throws(VaultError) -> [Section] {
        let source = try SourceText(bytes, path: path)
        var sections: [Section] = []
        var names: Set<String> = []
        var line = 0
        var start = source.start
        var keyIndent: Int?
        while start < source.end {
            line += 1
            var next = start
            while next < source.end, bytes.byte(at: next) != 0x0a { next += 1 }
            let content = bytes.trimmed(start..<next)
            next = min(next + 1, source.end)
            defer { start = next }
            guard let first = content.first else { continue }
            let indent = first - start
            switch bytes.byte(at: first) {
            case UInt8(ascii: "#"), UInt8(ascii: ";"): continue
            case UInt8(ascii: "["):
                guard content.count > 2, bytes.byte(at: content.upperBound - 1) == UInt8(ascii: "]") else {
                    throw source.error(line, "the name of a section does not end")
                }
                let name = bytes.text(content.lowerBound + 1..<content.upperBound - 1)
                guard names.insert(name).inserted else {
                    throw source.error(line, "the section [\(name)] is there twice")
                }
                sections.append(Section(name: name, line: line))
                keyIndent = nil
            default:
                if let keyIndent, indent > keyIndent {
                    throw source.error(line, "a value goes on in this line, which no credential does")
                }
                guard let delimiter = content.first(where: { isDelimiter(bytes.byte(at: $0)) }) else {
                    throw source.error(line, "this is neither a section nor KEY = VALUE")
                }
                guard let last = sections.indices.last else {
                    throw source.error(line, "a key stands before the first section")
                }
                keyIndent = indent
                let key = bytes.text(bytes.trimmed(content.lowerBound..<delimiter)).lowercased()
                guard sections[last].values[key] == nil else {
                    throw source.error(line, "the key \(key) is there twice in [\(sections[last].name)]")
                }
                let range = bytes.trimmed(delimiter + 1..<content.upperBound)
                sections[last].values[key] = FileValue(
                    range: range, line: line, spelling: .ini, erasure: Erasure(range))
            }
        }
        return sections
    }

    /// Refuses what the Python and the Go clients read differently: the one knows neither quotes nor comments behind a
    /// value, the other takes both away.
    static func check(_ range: Range<Int>, in bytes: RawSpan) throws(ValueFault) {
        for at in range {
            switch bytes.byte(at: at) {
            case UInt8(ascii: "#"), UInt8(ascii: ";"): throw differs
            case UInt8(ascii: "\""), UInt8(ascii: "'"), UInt8(ascii: "`"):
                if at == range.lowerBound { throw differs }
            default: break
            }
        }
    }

    private static let differs = ValueFault(
        message: "the clients of Databricks read this value differently: one of them takes quotes and comments away")

    private static func isDelimiter(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "=") || byte == UInt8(ascii: ":") }
}
