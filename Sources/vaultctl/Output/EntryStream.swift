import FoundationEssentials
import Vault

/// Entries of the record one by one, each written as soon as it is there.
struct EntryStream {
    private let output: Output
    private let listing = AuditEntry.listing
    /// Of each column, the widest cell so far.
    private var widths: [Int]

    init(_ output: Output) {
        self.output = output
        // What most entries fit, so that lines seldom move: number, time, action, outcome, profile, audience, source, user,
        // host.
        widths = [5, 20, 8, 7, 12, 36, 8, 8, 8, 0]
    }

    /// Writes the titles, where people read.
    mutating func begin() throws(VaultError) {
        guard output.format == .table else { return }
        try write(line: listing.columns.map { .text($0.title.uppercased()) }, colour: "1")
    }

    mutating func write(_ entry: AuditEntry) throws(VaultError) {
        switch output.format {
        case .table:
            try write(line: listing.columns.map { $0.cell(entry) }, colour: nil)
        case .json, .jsonl:
            try output.lined([entry], as: listing)
        case .tsv:
            try output.write([entry], as: listing)
        }
    }

    /// - Parameter colour: of the whole line, as a terminal's code.
    private mutating func write(line cells: [Cell], colour: String?) throws(VaultError) {
        var line = ByteText()
        if output.colours, let colour { line.append("\u{1b}[\(colour)m") }
        for (column, cell) in cells.enumerated() {
            var text = ByteText()
            // A stream is read at another time than it was written: how long ago would be wrong at once.
            if case .time(let time?) = cell { text.append(rfc3339: time) } else { text.append(cell: cell, now: Date()) }
            // Continuation bytes of UTF-8 take no column.
            let width = text.bytes.count { $0 & 0xc0 != 0x80 }
            widths[column] = max(widths[column], width)
            if output.colours, case .word(_, let tone) = cell {
                line.append("\u{1b}[\(tone.colour)m")
                line.append(bytes: text.bytes[...])
                line.append("\u{1b}[0m")
            } else {
                line.append(bytes: text.bytes[...])
            }
            if column < cells.count - 1 { line.append(spaces: widths[column] - width + 2) }
        }
        if output.colours, colour != nil { line.append("\u{1b}[0m") }
        line.append("\n")
        try StandardOutput.write(line.bytes)
    }
}
