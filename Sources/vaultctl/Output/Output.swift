// Rules of output
// - The result goes to standard output, and nothing else does; see Console.swift for the rest.
// - People get aligned tables with relative times; programs get one document with stable keys and RFC 3339 times.
// - What cannot be written is an error (74): a result that nobody received is no success.
// - Text from outside is escaped: no description can steer a terminal or add a line to a list.
import FoundationEssentials
import Vault

/// The formats that every list and every record can be shown in.
enum OutputFormat: String, CaseIterable {
    case table, json, jsonl, tsv
}

/// Renders lists and records and writes them to standard output.
struct Output {
    var format: OutputFormat
    var colours: Bool
    /// How many columns there are for a table; nil where it may be as wide as it wants to be.
    var width: Int?

    func write<Row>(_ rows: [Row], as listing: Listing<Row>) throws(VaultError) {
        switch format {
        case .table:
            // Now, and not when the command began: deriving the key took a while.
            let now = Date()
            var table = Table(titles: listing.columns.map { $0.title.uppercased() }, colours: colours)
            let fits = listing.columns.map(\.fit)
            for row in rows {
                for (index, column) in listing.columns.enumerated() {
                    table.append(column.cell(row), column: index, now: now)
                }
            }
            try StandardOutput.write(table.rendered(within: width, fits).bytes)
        case .json:
            var json = JSONText(indented: false)
            json.literal("[")
            for (index, row) in rows.enumerated() {
                json.literal(index == 0 ? "\n" : ",\n")
                listing.json(&json, row)
                try flush(&json)
            }
            json.literal(rows.isEmpty ? "]\n" : "\n]\n")
            try StandardOutput.write(json.text.bytes)
        case .jsonl:
            try lined(rows, as: listing)
        case .tsv:
            var text = ByteText()
            for row in rows {
                for (index, column) in listing.columns.enumerated() {
                    if index > 0 { text.append(UInt8(ascii: "\t")) }
                    text.append(field: column.cell(row))
                }
                text.append(UInt8(ascii: "\n"))
                if text.bytes.count >= Self.chunk {
                    try StandardOutput.write(text.bytes)
                    text.removeAll()
                }
            }
            try StandardOutput.write(text.bytes)
        }
    }

    /// Writes a line of JSON for each.
    func lined<Row>(_ rows: [Row], as listing: Listing<Row>) throws(VaultError) {
        var json = JSONText(indented: false)
        for row in rows {
            listing.json(&json, row)
            json.newline()
            try flush(&json)
        }
        try StandardOutput.write(json.text.bytes)
    }

    func write(_ record: Record) throws(VaultError) {
        switch format {
        case .table:
            try StandardOutput.write(labelled(record).bytes)
        case .json, .jsonl:
            var json = JSONText(indented: format == .json)
            record.json(&json)
            json.newline()
            try StandardOutput.write(json.text.bytes)
        case .tsv:
            var text = ByteText()
            for line in record.lines {
                text.append(field: line.label)
                text.append(UInt8(ascii: "\t"))
                text.append(field: line.cell)
                text.append(UInt8(ascii: "\n"))
            }
            try StandardOutput.write(text.bytes)
        }
    }

    /// Labelled lines; a time is shown both ways, because a person wants the one and copies the other.
    private func labelled(_ record: Record) -> ByteText {
        let width = record.lines.map(\.label.count).max() ?? 0
        var text = ByteText()
        let now = Date()
        for line in record.lines {
            text.append(line.label)
            text.append(spaces: width - line.label.count + 2)
            if colours, case .word(let word, let tone) = line.cell {
                text.append("\u{1b}[\(tone.colour)m")
                text.append(visible: word)
                text.append("\u{1b}[0m")
            } else {
                text.append(cell: line.cell, now: now)
            }
            if case .time(let time?) = line.cell {
                text.append(" (")
                text.append(rfc3339: time)
                text.append(")")
            }
            text.append(UInt8(ascii: "\n"))
        }
        return text
    }

    private func flush(_ json: inout JSONText) throws(VaultError) {
        guard json.text.bytes.count >= Self.chunk else { return }
        try StandardOutput.write(json.text.bytes)
        json.removeAll()
    }

    /// Bytes that are written at once.
    private static let chunk = 1 << 20
}
