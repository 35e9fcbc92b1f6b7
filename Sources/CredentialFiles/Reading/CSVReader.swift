internal import Vault

/// Reads a table of RFC 4180: fields separated by commas, in quotes or not, a quote in quotes doubled. Line ends may be LF.
enum CSVReader {
    struct Row: Sendable {
        var line: Int
        var fields: [FileValue]
    }

    /// - Throws: code `notUnderstood` for a quote that is not closed or stands in the middle, and for a row that has not as
    ///   many fields as the first: then what is in which column is anybody's guess.
    static func rows(_ bytes: RawSpan, path: String) throws(VaultError) -> [Row] {
        let source = try SourceText(bytes, path: path)
        var rows: [Row] = []
        var line = 1
        var at = source.start
        while at < source.end {
            let row = try row(from: &at, &line, bytes, source)
            // An empty line is none.
            if row.fields.count == 1, row.fields[0].range.isEmpty { continue }
            if let first = rows.first, first.fields.count != row.fields.count {
                throw source.error(
                    row.line, "this row has \(row.fields.count) fields, and the first \(first.fields.count)")
            }
            rows.append(row)
        }
        return rows
    }

    private static func row(
        from at: inout Int, _ line: inout Int, _ bytes: RawSpan, _ source: SourceText
    ) throws(VaultError) -> Row {
        var row = Row(line: line, fields: [])
        while true {
            row.fields.append(try field(from: &at, &line, bytes, source))
            guard at < source.end else { return row }
            let isEnd = bytes.byte(at: at) == 0x0a
            at += 1
            if isEnd {
                line += 1
                return row
            }
        }
    }

    /// - Returns: the field, `at` being the comma or line feed behind it, or the end.
    private static func field(
        from at: inout Int, _ line: inout Int, _ bytes: RawSpan, _ source: SourceText
    ) throws(VaultError) -> FileValue {
        let start = at
        let begin = line
        guard at < source.end, bytes.byte(at: at) == UInt8(ascii: "\"") else {
            while at < source.end, bytes.byte(at: at) != UInt8(ascii: ","), bytes.byte(at: at) != 0x0a {
                guard bytes.byte(at: at) != UInt8(ascii: "\"") else {
                    throw source.error(line, "a quote stands in the middle of a field")
                }
                at += 1
            }
            let isLast = at == source.end || bytes.byte(at: at) == 0x0a
            let end = isLast && at > start && bytes.byte(at: at - 1) == 0x0d ? at - 1 : at
            return FileValue(range: start..<end, line: begin, spelling: .plain, erasure: Erasure(start..<end))
        }
        at += 1
        while true {
            guard at < source.end else { throw source.error(begin, "the quote of a field is not closed") }
            switch bytes.byte(at: at) {
            case UInt8(ascii: "\"") where at + 1 < source.end && bytes.byte(at: at + 1) == UInt8(ascii: "\""): at += 2
            case UInt8(ascii: "\""):
                at += 1
                let end = at
                if at < source.end, bytes.byte(at: at) == 0x0d { at += 1 }
                guard
                    at == source.end || bytes.byte(at: at) == 0x0a
                        || at == end && bytes.byte(at: at) == UInt8(ascii: ",")
                else { throw source.error(line, "something follows the quote of a field") }
                return FileValue(range: start..<end, line: begin, spelling: .csv, erasure: Erasure(start..<end))
            case 0x0a:
                line += 1
                at += 1
            default: at += 1
            }
        }
    }
}
