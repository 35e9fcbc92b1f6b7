/// Cuts a query into tokens.
struct QueryLexer {
    private var text: [Unicode.Scalar]
    private var place = 0
    private(set) var tokens: [QueryToken] = []
    private(set) var literals: [AzValue] = []
    /// The first thing that is right and not understood here.
    private(set) var unsupported: String?

    init(_ text: String) throws(QueryProblem) {
        self.text = Array(text.unicodeScalars)
        guard !self.text.isEmpty else { throw .invalid }
        while place < self.text.count { try next() }
        tokens.append(.end)
    }

    private var current: Unicode.Scalar? { place < text.count ? text[place] : nil }

    private mutating func next() throws(QueryProblem) {
        let scalar = text[place]
        if let simple = Self.simple[scalar] { return take(simple) }
        switch scalar {
        case " ", "\t", "\n", "\r": place += 1
        case "a"..."z", "A"..."Z", "_":
            tokens.append(.name(run { Self.isOfNames($0) }))
        case "0"..."9", "-": try number()
        case "[":
            place += 1
            if takes("]") { tokens.append(.flatten) } else { tokens.append(takes("?") ? .filter : .leftBracket) }
        case "|": take(.pipe, doubled: .or)
        case "&": take(.reference, doubled: .and)
        case "!":
            place += 1
            tokens.append(takes("=") ? .notEqual : .not)
        case "<", ">":
            place += 1
            tokens.append(.order(String(scalar) + (takes("=") ? "=" : "")))
        case "=":
            place += 1
            guard takes("=") else { throw .invalid }
            tokens.append(.equal)
        case "'": add(.text(try quoted(by: "'").unescaping("'")))
        case "`": try literal()
        case "\"":
            let name = "\"" + (try quoted(by: "\"")) + "\""
            guard case .text(let name) = try json(name) else { throw .invalid }
            tokens.append(.quotedName(name))
        default: throw .invalid
        }
    }

    private static let simple: [Unicode.Scalar: QueryToken] = [
        ".": .dot, "*": .star, "]": .rightBracket, ",": .comma, ":": .colon, "@": .current, "(": .leftParenthesis,
        ")": .rightParenthesis, "{": .leftBrace, "}": .rightBrace,
    ]

    private static func isOfNames(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_": true
        default: false
        }
    }

    private mutating func take(_ token: QueryToken, doubled: QueryToken? = nil) {
        let scalar = text[place]
        place += 1
        if let doubled, takes(scalar) { tokens.append(doubled) } else { tokens.append(token) }
    }

    private mutating func takes(_ scalar: Unicode.Scalar) -> Bool {
        guard current == scalar else { return false }
        place += 1
        return true
    }

    private mutating func run(while isPart: (Unicode.Scalar) -> Bool) -> String {
        var found = String.UnicodeScalarView()
        while let scalar = current, isPart(scalar) {
            found.append(scalar)
            place += 1
        }
        return String(found)
    }

    private mutating func number() throws(QueryProblem) {
        let sign = takes("-") ? "-" : ""
        let digits = run { ("0"..."9").contains($0) }
        guard !digits.isEmpty else { throw .invalid }
        let number = Int32(sign + digits)
        if number == nil { refuse("a number as large as \(sign)\(digits.prefix(12))") }
        tokens.append(.number(Int(number ?? 0)))
    }

    /// What stands up to the delimiter, with its backslashes.
    private mutating func quoted(by delimiter: Unicode.Scalar) throws(QueryProblem) -> String {
        var found = String.UnicodeScalarView()
        place += 1
        while let scalar = current, scalar != delimiter {
            found.append(scalar)
            place += 1
            guard scalar == "\\" else { continue }
            guard let escaped = current else { throw .invalid }
            found.append(escaped)
            place += 1
        }
        guard takes(delimiter) else { throw .invalid }
        return String(found)
    }

    /// JSON between backticks; what is none is taken for the inside of a JSON string, as the library still does.
    private mutating func literal() throws(QueryProblem) {
        let content = try quoted(by: "`").unescaping("`")
        do {
            add(try json(content))
        } catch {
            guard error == .invalid else { throw error }
            let stripped = String(content.unicodeScalars.drop { $0.properties.isWhitespace })
            add(try json("\"" + stripped + "\""))
        }
    }

    private mutating func json(_ text: String) throws(QueryProblem) -> AzValue {
        var reader = QueryLiteral(text)
        let value = try reader.value()
        if let unsupported = reader.unsupported { refuse(unsupported) }
        return value
    }

    private mutating func add(_ literal: AzValue) {
        tokens.append(.literal(literals.count))
        literals.append(literal)
    }

    private mutating func refuse(_ what: String) {
        if unsupported == nil { unsupported = what }
    }
}

extension String {
    /// Without the backslashes that stand before `delimiter`; others stay.
    fileprivate func unescaping(_ delimiter: Unicode.Scalar) -> String {
        var result = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if scalar == delimiter, result.last == "\\" { result.removeLast() }
            result.append(scalar)
        }
        return String(result)
    }
}
