import Vault

/// Tab-separated lines as az has them: a line for each element of a list, or one for anything else. What is nested deeper
/// has no text: a list is its length, an object an empty cell.
enum AzTSV {
    static func text(of value: AzValue) -> SplicedText {
        var text = SplicedText()
        let rows = if case .list(let list) = value { list } else { [value] }
        for row in rows {
            append(row: row, to: &text)
            text.append("\n")
        }
        return text
    }

    private static func append(row: AzValue, to text: inout SplicedText) {
        switch row {
        case .object(let object):
            append(cells: (object.isSelected ? object.members : object.sorted).map(\.value), to: &text)
        case .list(let list): append(cells: list, to: &text)
        // Alone on its line it is written as JSON has it, in a row as Python has it.
        case .bool(let value): text.append(value ? "true" : "false")
        default: append(cell: row, to: &text)
        }
    }

    private static func append(cells: [AzValue], to text: inout SplicedText) {
        for (index, cell) in cells.enumerated() {
            if index > 0 { text.append("\t") }
            append(cell: cell, to: &text)
        }
    }

    private static func append(cell: AzValue, to text: inout SplicedText) {
        switch cell {
        case .token: text.appendToken()
        case .list(let list): text.append(String(list.count))
        case .object: break
        default: text.append(cell.pythonText)
        }
    }
}

extension AzValue {
    /// What Python's `str` makes of it; nothing of a token or a collection.
    var pythonText: String {
        switch self {
        case .null: "None"
        case .bool(let value): value ? "True" : "False"
        case .number(let number): String(number)
        case .text(let text): text.forOutput
        case .token, .list, .object: ""
        }
    }
}

extension String {
    /// As it is for a program, and so that it cannot steer a terminal.
    var forOutput: String { StandardOutput.isTerminal ? visible : self }
}
