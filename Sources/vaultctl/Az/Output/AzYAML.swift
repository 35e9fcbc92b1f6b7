/// YAML as az has it: PyYAML's block style with sorted keys, lines folded after 80 columns.
struct AzYAML {
    private var text = SplicedText()
    private let tokenIsPlain: Bool

    /// - Parameter tokenIsPlain: whether the token can stand without quotes.
    static func text(of value: AzValue, tokenIsPlain: Bool) throws(AzFailure) -> SplicedText {
        var yaml = AzYAML(tokenIsPlain: tokenIsPlain)
        var seen: [AzValue] = []
        if !value.holdsSelection { try refuseAliases(in: value, &seen) }
        if value.isBlock {
            try yaml.append(block: value, indent: 0)
        } else {
            let isOpen = try yaml.append(scalar: value, column: 0, indent: 2)
            yaml.text.append(isOpen ? "\n...\n" : "\n")
        }
        return yaml.text
    }

    private init(tokenIsPlain: Bool) { self.tokenIsPlain = tokenIsPlain }

    /// PyYAML writes a thing that occurs twice only once, and refers to it; here nobody knows what is the same thing.
    private static func refuseAliases(in value: AzValue, _ seen: inout [AzValue]) throws(AzFailure) {
        let parts: [AzValue] =
            switch value {
            case .list(let list): list
            case .object(let object): object.members.map(\.value)
            default: []
            }
        for part in parts where part.isCollection {
            // What holds the token is the document itself, of which there is one.
            for other in seen where (try? part.equals(other)) ?? true {
                throw .usage("argument --query: the same list or object twice is not written as yaml")
            }
            seen.append(part)
            try refuseAliases(in: part, &seen)
        }
    }

    // MARK: Structure

    /// Appends lines, the first one where the text stands.
    private mutating func append(block value: AzValue, indent: Int) throws(AzFailure) {
        switch value {
        case .object(let object):
            for (index, member) in object.sorted.enumerated() {
                if index > 0 { text.append(spaces: indent) }
                let key = try Self.style(member.key, isKey: true)
                text.append(key + ":")
                // A list in an object is not moved in.
                let isList = if case .list = member.value { true } else { false }
                let column = indent + key.unicodeScalars.count + 1
                try append(
                    value: member.value, column: column, indent: indent, inner: isList ? indent : indent + 2)
            }
        case .list(let list):
            for (index, element) in list.enumerated() {
                if index > 0 { text.append(spaces: indent) }
                text.append("-")
                if element.isBlock {
                    text.append(" ")
                    try append(block: element, indent: indent + 2)
                } else {
                    try append(value: element, column: indent + 1, indent: indent, inner: indent)
                }
            }
        default: break
        }
    }

    /// Appends what follows a key or a dash, with the end of its line.
    private mutating func append(
        value: AzValue, column: Int, indent: Int, inner: Int
    ) throws(AzFailure) {
        guard value.isBlock else {
            text.append(" ")
            _ = try append(scalar: value, column: column + 1, indent: indent + 2)
            return text.append("\n")
        }
        text.append("\n")
        text.append(spaces: inner)
        try append(block: value, indent: inner)
    }

    // MARK: Scalars

    /// - Returns: whether a reader cannot tell that it ends, so that a document of it alone needs an end.
    private mutating func append(scalar value: AzValue, column: Int, indent: Int) throws(AzFailure) -> Bool {
        switch value {
        case .null: text.append("null")
        case .bool(let value): text.append(value ? "true" : "false")
        case .number(let number): text.append(String(number))
        case .token:
            guard tokenIsPlain else { throw .failed("this token has characters that are not written as yaml") }
            text.appendToken()
        case .list:
            text.append("[]")
            return false
        case .object:
            text.append("{}")
            return false
        case .text(let string):
            let styled = try Self.style(string, isKey: false)
            text.append(Self.folded(styled, column: column, indent: indent).forOutputLines)
            return !styled.hasPrefix("'")
        }
        return true
    }

    /// The text without quotes where that means the same, else between single ones.
    private static func style(_ string: String, isKey: Bool) throws(AzFailure) -> String {
        guard string.unicodeScalars.allSatisfy(\.isPrintableInYAML) else {
            throw .usage("argument --query: a text with control characters is not written as yaml")
        }
        guard !isKey || (1..<128).contains(string.unicodeScalars.count) else {
            throw .usage("argument --query: a key without characters, or with 128 and more, is not written as yaml")
        }
        if string.isPlainYAML { return string }
        return "'" + string.replacing("'", with: "''") + "'"
    }

    /// Breaks lines at single spaces past column 80.
    private static func folded(_ styled: String, column: Int, indent: Int) -> String {
        let scalars = Array(styled.unicodeScalars)
        let isQuoted = scalars.first == "'"
        var folded = String.UnicodeScalarView()
        var column = column
        for (index, scalar) in scalars.enumerated() {
            // Within quotes a space that is the first or the last of the text is none to break at.
            let isInner = !isQuoted || (index > 1 && index < scalars.count - 2)
            let isAlone =
                index > 0 && index + 1 < scalars.count && scalars[index - 1] != " " && scalars[index + 1] != " "
            if scalar == " ", column > 80, isInner, isAlone {
                folded.append("\n")
                folded.append(contentsOf: repeatElement(" ", count: indent))
                column = indent
            } else {
                folded.append(scalar)
                column += 1
            }
        }
        return String(folded)
    }
}

extension AzValue {
    /// Whether it takes lines of its own.
    fileprivate var isBlock: Bool {
        switch self {
        case .list(let list): !list.isEmpty
        case .object(let object): !object.members.isEmpty
        default: false
        }
    }

    /// Whether there is a multi-select hash in it: az then writes it as JSON and reads that, and nothing is one thing twice.
    fileprivate var holdsSelection: Bool {
        switch self {
        case .list(let list): list.contains(where: \.holdsSelection)
        case .object(let object): object.isSelected || object.members.contains(where: \.value.holdsSelection)
        default: false
        }
    }
}
