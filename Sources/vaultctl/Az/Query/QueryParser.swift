/// Parses a query by the binding powers of its tokens (Pratt), with the quirks of the library that az uses: what it takes
/// is taken, and means the same.
struct QueryParser {
    private let tokens: [QueryToken]
    private let literals: [AzValue]
    private var place = 0
    private var depth = 0
    private var unsupported: String?

    private static let deepest = 32
    private static let longestChain = 128
    /// Tokens that bind less end a projection.
    private static let projectionStop = 10

    static func parse(_ text: String) throws(QueryProblem) -> QueryExpression {
        let lexer = try QueryLexer(text)
        var parser = QueryParser(tokens: lexer.tokens, literals: lexer.literals, unsupported: lexer.unsupported)
        let expression = try parser.expression(0)
        guard parser.current == .end else { throw .invalid }
        if let unsupported = parser.unsupported { throw .unsupported(unsupported) }
        return expression
    }

    private init(tokens: [QueryToken], literals: [AzValue], unsupported: String?) {
        self.tokens = tokens
        self.literals = literals
        self.unsupported = unsupported
    }

    /// Past the end there are only more ends.
    private var current: QueryToken { place < tokens.count ? tokens[place] : .end }
    private var following: QueryToken { place + 1 < tokens.count ? tokens[place + 1] : .end }

    private mutating func match(_ token: QueryToken) throws(QueryProblem) {
        guard current == token else { throw .invalid }
        place += 1
    }

    private mutating func expression(_ power: Int) throws(QueryProblem) -> QueryExpression {
        guard depth < Self.deepest else { throw .unsupported("an expression nested more than \(Self.deepest) deep") }
        depth += 1
        defer { depth -= 1 }
        let token = current
        place += 1
        var left = try prefix(token)
        var links = 0
        while power < current.bindingPower {
            // Each is one level more of what is evaluated.
            links += 1
            guard links <= Self.longestChain else {
                throw .unsupported("a chain of more than \(Self.longestChain) operations")
            }
            let token = current
            place += 1
            left = try infix(token, left)
        }
        return left
    }

    // MARK: What begins an expression

    private mutating func prefix(_ token: QueryToken) throws(QueryProblem) -> QueryExpression {
        switch token {
        case .literal(let index): return .literal(literals[index])
        case .name(let name): return .field(name)
        case .quotedName(let name):
            guard current != .leftParenthesis else { throw .invalid }
            return .field(name)
        case .star:
            if current == .rightBracket { return .valueProjection(.identity, each: .identity) }
            return .valueProjection(.identity, each: try projected(QueryToken.star.bindingPower))
        case .filter: return try filter(.identity)
        case .leftBrace: return try hash()
        case .leftParenthesis:
            let inner = try expression(0)
            try match(.rightParenthesis)
            return inner
        case .flatten:
            return .projection(.flatten(.identity), each: try projected(QueryToken.flatten.bindingPower))
        case .not: return .not(try expression(QueryToken.not.bindingPower))
        case .leftBracket: return try bracket()
        case .current: return .identity
        case .reference:
            _ = try expression(0)
            return refused("an expression reference (&)")
        default: throw .invalid
        }
    }

    private mutating func bracket() throws(QueryProblem) -> QueryExpression {
        if current.isNumberOrColon { return try projectingSlice(.identity, try index()) }
        if current == .star, following == .rightBracket {
            place += 2
            return .projection(.identity, each: try projected(QueryToken.star.bindingPower))
        }
        return try list()
    }

    // MARK: What goes on with one

    private mutating func infix(
        _ token: QueryToken, _ left: QueryExpression
    ) throws(QueryProblem) -> QueryExpression {
        switch token {
        case .dot:
            guard current == .star else {
                let right = try afterDot(QueryToken.dot.bindingPower)
                if case .subexpression(let parts) = left { return .subexpression(parts + [right]) }
                return .subexpression([left, right])
            }
            place += 1
            return .valueProjection(left, each: try projected(QueryToken.dot.bindingPower))
        case .pipe: return .pipe(left, try expression(token.bindingPower))
        case .or: return .or(left, try expression(token.bindingPower))
        case .and: return .and(left, try expression(token.bindingPower))
        case .equal, .notEqual:
            return .equal(left, try expression(token.bindingPower), isNegated: token == .notEqual)
        case .order(let sign):
            _ = try expression(token.bindingPower)
            return refused("the comparison \(sign)")
        case .filter: return try filter(left)
        case .flatten: return .projection(.flatten(left), each: try projected(token.bindingPower))
        case .leftBracket: return try indexed(left)
        case .leftParenthesis: return try function(left)
        default: throw .invalid
        }
    }

    private mutating func indexed(_ left: QueryExpression) throws(QueryProblem) -> QueryExpression {
        guard current.isNumberOrColon else {
            try match(.star)
            try match(.rightBracket)
            return .projection(left, each: try projected(QueryToken.star.bindingPower))
        }
        let right = try index()
        // After an index a slice is none that projects: the library has it so.
        if case .indexExpression(let parts) = left { return .indexExpression(parts + [right]) }
        return try projectingSlice(left, right)
    }

    private mutating func function(_ left: QueryExpression) throws(QueryProblem) -> QueryExpression {
        guard case .field(let name) = left else { throw .invalid }
        while current != .rightParenthesis {
            _ = try expression(0)
            if current == .comma { place += 1 }
        }
        try match(.rightParenthesis)
        return refused("the function \(name)()")
    }

    private mutating func filter(_ left: QueryExpression) throws(QueryProblem) -> QueryExpression {
        let condition = try expression(0)
        try match(.rightBracket)
        let each: QueryExpression =
            current == .flatten ? .identity : try projected(QueryToken.filter.bindingPower)
        return .filter(left, each: each, where: condition)
    }

    // MARK: Parts

    /// `0]` or `0:9:2]`.
    private mutating func index() throws(QueryProblem) -> QueryExpression {
        if case .number(let number) = current, following != .colon {
            place += 1
            try match(.rightBracket)
            return .index(number)
        }
        var parts: [Int?] = [nil, nil, nil]
        var part = 0
        while current != .rightBracket {
            switch current {
            case .colon:
                part += 1
                guard part < 3 else { throw .invalid }
            case .number(let number): parts[part] = number
            default: throw .invalid
            }
            place += 1
        }
        place += 1
        if parts[2] == 0 { return refused("a slice with the step 0") }
        return .slice(start: parts[0], stop: parts[1], step: parts[2])
    }

    private mutating func projectingSlice(
        _ left: QueryExpression, _ right: QueryExpression
    ) throws(QueryProblem) -> QueryExpression {
        let whole = QueryExpression.indexExpression([left, right])
        guard case .slice = right else { return whole }
        return .projection(whole, each: try projected(QueryToken.star.bindingPower))
    }

    /// What follows a projection and works on each element.
    private mutating func projected(_ power: Int) throws(QueryProblem) -> QueryExpression {
        if current.bindingPower < Self.projectionStop { return .identity }
        switch current {
        case .leftBracket, .filter: return try expression(power)
        case .dot:
            place += 1
            return try afterDot(power)
        default: throw .invalid
        }
    }

    private mutating func afterDot(_ power: Int) throws(QueryProblem) -> QueryExpression {
        switch current {
        case .name, .quotedName, .star: return try expression(power)
        case .leftBracket:
            place += 1
            return try list()
        case .leftBrace:
            place += 1
            return try hash()
        default: throw .invalid
        }
    }

    private mutating func list() throws(QueryProblem) -> QueryExpression {
        var parts: [QueryExpression] = []
        while true {
            parts.append(try expression(0))
            if current == .rightBracket { break }
            try match(.comma)
        }
        place += 1
        return .list(parts)
    }

    private mutating func hash() throws(QueryProblem) -> QueryExpression {
        var parts: [(key: String, value: QueryExpression)] = []
        while true {
            switch current {
            case .name(let key), .quotedName(let key):
                place += 1
                try match(.colon)
                parts.append((key, try expression(0)))
            default: throw .invalid
            }
            // A missing comma is none that the library misses.
            if current == .comma {
                place += 1
            } else if current == .rightBrace {
                place += 1
                return .hash(parts)
            }
        }
    }

    private mutating func refused(_ what: String) -> QueryExpression {
        if unsupported == nil { unsupported = what }
        return .literal(.null)
    }
}
