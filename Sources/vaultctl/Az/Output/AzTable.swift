/// A table as az has it (knack's rules, with `tabulate` in its "simple" form): keys with a capital first letter, without
/// `id`, `type`, `etag`, what is nested and what is null; scalars under `Result`, lists under `Column1`, `Column2`, ….
enum AzTable {
    /// - Parameters:
    ///   - sortsKeys: whether keys are sorted, as they are where neither a query nor the command chose.
    ///   - tokenLength: how many columns the token takes.
    static func text(of value: AzValue, sortsKeys: Bool, tokenLength: Int) throws(AzFailure) -> SplicedText {
        let elements = if case .list(let list) = value { list } else { [value] }
        let rows = try elements.map { (element) throws(AzFailure) in try row(of: element, sortsKeys: sortsKeys) }
        var titles: [String] = []
        for (title, _) in rows.flatMap(\.members) where !titles.contains(where: { $0.isSame(as: title) }) {
            titles.append(title)
        }
        var text = SplicedText()
        guard !titles.isEmpty else {
            text.append("\n")
            return text
        }
        let widths = titles.map { title in
            rows.map { $0[title]?.width(tokenLength) ?? 0 }.reduce(title.unicodeScalars.count + 2, max)
        }
        append(zip(titles, widths).map { (.text($0), $1) }, to: &text, tokenLength)
        append(widths.map { (.text(String(repeating: "-", count: $0)), $0) }, to: &text, tokenLength)
        for row in rows {
            append(zip(titles, widths).map { (row[$0] ?? .null, $1) }, to: &text, tokenLength)
        }
        return text
    }

    private static let skippedKeys: Set<String> = ["id", "type", "etag"]

    private static func row(of element: AzValue, sortsKeys: Bool) throws(AzFailure) -> AzObject {
        var row = AzObject([])
        switch element {
        case .object(let object):
            for (key, value) in sortsKeys ? object.sorted : object.members where !skippedKeys.contains(key) {
                if case .null = value { continue }
                if !value.isCollection { row.set(key.capitalizedFirst, try value.checkedCell()) }
            }
        case .list(let list):
            for (index, value) in list.enumerated() { row.set("Column\(index + 1)", try value.checkedCell()) }
        default: row.set("Result", try element.checkedCell())
        }
        return row
    }

    /// Appends a line: cells two spaces apart, nothing at its end.
    private static func append(
        _ cells: [(value: AzValue, width: Int)], to text: inout SplicedText, _ tokenLength: Int
    ) {
        var gap = 0
        for (value, width) in cells {
            let used = value.width(tokenLength)
            if used > 0 {
                text.append(spaces: gap)
                gap = 0
                if case .token = value { text.appendToken() } else { text.append(value.cellText) }
            }
            gap += width - used + 2
        }
        text.append("\n")
    }
}

extension AzValue {
    /// Null is an empty cell; white space around a text is left out.
    fileprivate var cellText: String {
        if case .null = self { return "" }
        guard case .text(let text) = self else { return pythonText }
        let scalars = text.unicodeScalars.drop { $0.properties.isWhitespace }
        let end = scalars.lastIndex { !$0.properties.isWhitespace }.map(scalars.index(after:)) ?? scalars.startIndex
        return String(scalars[..<end]).forOutput
    }

    /// In columns; every character counts as one.
    fileprivate func width(_ tokenLength: Int) -> Int {
        if case .token = self { return tokenLength }
        return cellText.unicodeScalars.count
    }

    /// - Throws: for what az would write in the notation of Python, and for lines within a cell.
    fileprivate func checkedCell() throws(AzFailure) -> AzValue {
        if isCollection { throw .usage("argument --query: a nested list or object has no text in a table") }
        if case .text(let text) = self, text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x85 }) {
            throw .usage("argument --query: a text with control characters has no place in a table")
        }
        return self
    }
}

extension String {
    fileprivate var capitalizedFirst: String {
        guard let first = unicodeScalars.first else { return self }
        return first.properties.uppercaseMapping + String(String.UnicodeScalarView(unicodeScalars.dropFirst()))
    }
}
