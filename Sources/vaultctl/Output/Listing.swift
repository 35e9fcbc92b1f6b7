import FoundationEssentials
import Vault

/// One value of a table or a record, before a format decides how it looks.
enum Cell {
    case text(String?)
    /// A word with a meaning of its own, coloured on a terminal.
    case word(String, Tone)
    case number(Int64)
    /// Relative to now for people, RFC 3339 for programs.
    case time(Date?)
    /// The same with a meaning of its own, coloured on a terminal.
    case moment(Date?, Tone)
}

/// What a coloured word says.
enum Tone {
    case good, bad, doubtful
}

/// A column of a list.
struct Column<Row> {
    var title: String
    var fit: ColumnFit
    var cell: (Row) -> Cell

    init(_ title: String, _ fit: ColumnFit = .whole, _ cell: @escaping (Row) -> Cell) {
        self.title = title
        self.fit = fit
        self.cell = cell
    }
}

/// How rows of a kind are listed: the columns of `table` and `tsv`, and the object of `json` and `jsonl`.
struct Listing<Row> {
    var columns: [Column<Row>]
    var json: (inout JSONText, Row) -> Void
}

/// How one thing is shown: labelled lines for people, an object for programs.
struct Record {
    var lines: [(label: String, cell: Cell)]
    var json: (inout JSONText) -> Void
}

extension Listing {
    /// The document that `-o json` prints.
    func document(_ rows: [Row]) -> [UInt8] {
        var document = JSONText(indented: false)
        document.literal("[")
        for (index, row) in rows.enumerated() {
            document.literal(index == 0 ? "\n" : ",\n")
            json(&document, row)
        }
        document.literal(rows.isEmpty ? "]\n" : "\n]\n")
        return document.text.bytes
    }
}

extension ByteText {
    /// Appends a cell as a terminal shows it.
    mutating func append(cell: Cell, now: Date) {
        switch cell {
        case .text(nil), .time(nil), .moment(nil, _): append(UInt8(ascii: "-"))
        case .text(let text?): append(visible: text)
        case .word(let text, _): append(visible: text)
        case .number(let number): append(number: number)
        case .time(let time?), .moment(let time?, _): append(relative: time, to: now)
        }
    }

    /// Appends a cell as a field of a tab-separated line; what is absent is empty.
    mutating func append(field cell: Cell) {
        switch cell {
        case .text(nil), .time(nil), .moment(nil, _): break
        case .text(let text?): append(field: text)
        case .word(let text, _): append(field: text)
        case .number(let number): append(number: number)
        case .time(let time?), .moment(let time?, _): append(rfc3339: time)
        }
    }
}

extension Record {
    /// `{"changed": "passphrase"}`: a verb that has nothing more to show than that it was done.
    static func done(_ verb: String, _ what: String) -> Record {
        Record(lines: [(verb, .text(what))], json: { $0.object { $0.field(verb, what) } })
    }
}
