import FoundationEssentials
import Vault

/// Rows for people: columns aligned by their widest cell, two spaces between them, none at the end of a line.
///
/// All cells are first rendered into one buffer; the second pass only copies and pads.
struct Table {
    private var cells = ByteText()
    /// Where each cell ends, and how many columns of the terminal it takes, row by row.
    private var ends: [(end: Int, width: Int, tone: Tone?)] = []
    private var widths: [Int]
    private let colours: Bool

    init(titles: [String], colours: Bool) {
        self.colours = colours
        widths = titles.map { _ in 0 }
        for (column, title) in titles.enumerated() {
            cells.append(title)
            finishCell(column: column, tone: nil)
        }
    }

    mutating func append(_ cell: Cell, column: Int, now: Date) {
        cells.append(cell: cell, now: now)
        if case .word(_, let tone) = cell {
            finishCell(column: column, tone: tone)
        } else {
            finishCell(column: column, tone: nil)
        }
    }

    private mutating func finishCell(column: Int, tone: Tone?) {
        let start = ends.last?.end ?? 0
        // Continuation bytes of UTF-8 take no column.
        let width = cells.bytes[start...].count { $0 & 0xc0 != 0x80 }
        ends.append((cells.bytes.count, width, tone))
        widths[column] = max(widths[column], width)
    }

    /// The whole table, its first line the titles.
    func rendered() -> ByteText {
        var text = ByteText()
        text.reserve(cells.bytes.count + ends.count * 8)
        var start = 0
        for (index, cell) in ends.enumerated() {
            let column = index % widths.count
            let code = colours ? (index < widths.count ? "1" : cell.tone?.colour) : nil
            if let code { text.append("\u{1b}[\(code)m") }
            text.append(bytes: cells.bytes[start..<cell.end])
            if code != nil { text.append("\u{1b}[0m") }
            start = cell.end
            if column == widths.count - 1 {
                text.append(UInt8(ascii: "\n"))
            } else {
                text.append(spaces: widths[column] - cell.width + 2)
            }
        }
        return text
    }
}

extension Tone {
    /// The terminal's code (ECMA-48, SGR).
    var colour: String {
        switch self {
        case .good: "32"
        case .bad: "31"
        case .doubtful: "33"
        }
    }
}
