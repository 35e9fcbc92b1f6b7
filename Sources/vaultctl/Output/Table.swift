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
    /// Of which columns no row has told anything yet.
    private var isEmpty: [Bool]
    private let colours: Bool

    init(titles: [String], colours: Bool) {
        self.colours = colours
        widths = titles.map { _ in 0 }
        isEmpty = titles.map { _ in true }
        for (column, title) in titles.enumerated() {
            cells.append(title)
            finishCell(column: column, tone: nil)
        }
    }

    mutating func append(_ cell: Cell, column: Int, now: Date) {
        cells.append(cell: cell, now: now)
        switch cell {
        case .text(nil), .time(nil), .moment(nil, _): break
        default: isEmpty[column] = false
        }
        switch cell {
        case .word(_, let tone), .moment(.some, let tone): finishCell(column: column, tone: tone)
        default: finishCell(column: column, tone: nil)
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
    ///
    /// - Parameter room: the columns of the terminal; nil: all is shown.
    func rendered(within room: Int? = nil, _ fits: [ColumnFit] = []) -> ByteText {
        let shown: [Int?] = room.map { ColumnFit.widths(wishes(fits), within: $0) } ?? widths
        let last = shown.lastIndex { $0 != nil }
        var text = ByteText()
        text.reserve(cells.bytes.count + ends.count * 8)
        var start = 0
        for (index, cell) in ends.enumerated() {
            let column = index % widths.count
            defer { start = cell.end }
            if let width = shown[column] {
                let code = colours ? (index < widths.count ? "1" : cell.tone?.colour) : nil
                if let code { text.append("\u{1b}[\(code)m") }
                append(cells.bytes[start..<cell.end], of: cell.width, cutTo: width, to: &text)
                if code != nil { text.append("\u{1b}[0m") }
                if column != last { text.append(spaces: width - min(cell.width, width) + ColumnFit.gap) }
            }
            if column == widths.count - 1 { text.append(UInt8(ascii: "\n")) }
        }
        return text
    }

    private func append(_ cell: ArraySlice<UInt8>, of width: Int, cutTo room: Int, to text: inout ByteText) {
        guard width > room else { return text.append(bytes: cell) }
        // The dots take the last column. What follows a byte that begins no character belongs to the one before.
        var left = max(room - 1, 0)
        let end = cell.firstIndex { byte in
            guard byte & 0xc0 != 0x80 else { return false }
            left -= 1
            return left < 0
        }
        text.append(bytes: cell[..<(end ?? cell.endIndex)])
        text.append("…")
    }

    private func wishes(_ fits: [ColumnFit]) -> [ColumnFit.Wish] {
        zip(widths.indices, fits).map { column, fit in
            .init(fit: fit, width: widths[column], titleWidth: ends[column].width, isEmpty: isEmpty[column])
        }
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
