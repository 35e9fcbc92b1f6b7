/// What a query is made of.
enum QueryToken: Equatable {
    case dot, star, comma, colon, current
    case leftBracket, rightBracket, leftParenthesis, rightParenthesis, leftBrace, rightBrace
    /// `[]`
    case flatten
    /// `[?`
    case filter
    case or, and, pipe, not, reference
    case equal, notEqual
    /// `<` and its like.
    case order(String)
    case name(String)
    case quotedName(String)
    case number(Int)
    /// An index in ``QueryLexer/literals``.
    case literal(Int)
    case end
}

extension QueryToken {
    /// How tightly it holds what stands to its left; the parser goes on while that is more than it has been given.
    var bindingPower: Int {
        switch self {
        case .pipe: 1
        case .or: 2
        case .and: 3
        case .equal, .notEqual, .order: 5
        case .flatten: 9
        case .star: 20
        case .filter: 21
        case .dot: 40
        case .not: 45
        case .leftBrace: 50
        case .leftBracket: 55
        case .leftParenthesis: 60
        default: 0
        }
    }

    /// Whether it may begin an index or a slice.
    var isNumberOrColon: Bool {
        switch self {
        case .number, .colon: true
        default: false
        }
    }
}
