/// What is wrong with a query.
enum QueryProblem: Error, Equatable {
    /// It is no JMESPath.
    case invalid
    /// It is JMESPath, of a kind that is not understood here.
    ///
    /// - Parameter what: names it.
    case unsupported(_ what: String)
}

/// A JMESPath expression (jmespath.org), as the library that az uses understands it, in its parts that people use on what
/// az prints: fields, indexes, slices, projections, selections, filters with `==` and `!=`, `&&`, `||`, `!` and pipes.
///
/// Functions, `<`, `<=`, `>`, `>=` and numbers with a fraction are parsed and refused by name: to answer something else
/// would be worse than not to answer.
struct Query {
    private let expression: QueryExpression

    /// Longer ones are refused, so that no expression is nested too deep for the stack.
    static let longest = 4096

    init(_ text: String) throws(QueryProblem) {
        guard text.unicodeScalars.count <= Self.longest else {
            throw .unsupported("an expression of more than \(Self.longest) characters")
        }
        expression = try QueryParser.parse(text)
    }

    func search(_ document: AzValue) throws(QueryProblem) -> AzValue {
        try expression.value(on: document)
    }
}

indirect enum QueryExpression {
    case identity
    case field(String)
    case index(Int)
    case slice(start: Int?, stop: Int?, step: Int?)
    case literal(AzValue)
    /// Each works on what the one before came to. The three differ for the parser alone.
    case subexpression([QueryExpression])
    case indexExpression([QueryExpression])
    case pipe(QueryExpression, QueryExpression)
    case list([QueryExpression])
    case hash([(key: String, value: QueryExpression)])
    case flatten(QueryExpression)
    case projection(QueryExpression, each: QueryExpression)
    case valueProjection(QueryExpression, each: QueryExpression)
    case filter(QueryExpression, each: QueryExpression, where: QueryExpression)
    case equal(QueryExpression, QueryExpression, isNegated: Bool)
    case or(QueryExpression, QueryExpression)
    case and(QueryExpression, QueryExpression)
    case not(QueryExpression)
}

extension QueryExpression {
    func value(on value: AzValue) throws(QueryProblem) -> AzValue {
        switch self {
        case .identity: return value
        case .field(let name):
            guard case .object(let object) = value else { return .null }
            return object[name] ?? .null
        case .index(let index):
            guard case .list(let list) = value else { return .null }
            let place = index < 0 ? list.count + index : index
            return list.indices.contains(place) ? list[place] : .null
        case .slice(let start, let stop, let step):
            guard case .list(let list) = value else { return .null }
            return .list(list.sliced(start, stop, step ?? 1))
        case .literal(let literal): return literal
        case .subexpression(let parts), .indexExpression(let parts):
            return try Self.chain(parts, on: value)
        case .pipe(let left, let right): return try right.value(on: left.value(on: value))
        case .list(let parts):
            if case .null = value { return .null }
            return .list(try parts.map { (part) throws(QueryProblem) in try part.value(on: value) })
        case .hash(let parts):
            if case .null = value { return .null }
            return .object(
                AzObject(
                    try parts.map { (part) throws(QueryProblem) in (part.key, try part.value.value(on: value)) },
                    isSelected: true))
        case .flatten(let base):
            guard case .list(let list) = try base.value(on: value) else { return .null }
            return .list(
                list.flatMap { element in
                    if case .list(let inner) = element { return inner }
                    return [element]
                })
        case .projection(let base, let each):
            guard case .list(let list) = try base.value(on: value) else { return .null }
            return try each.projected(on: list)
        case .valueProjection(let base, let each):
            guard case .object(let object) = try base.value(on: value) else { return .null }
            return try each.projected(on: object.members.map(\.value))
        case .filter(let base, let each, let condition):
            guard case .list(let list) = try base.value(on: value) else { return .null }
            var passed: [AzValue] = []
            for element in list where try condition.value(on: element).isTrue { passed.append(element) }
            return try each.projected(on: passed)
        case .equal, .or, .and, .not: return try truth(on: value)
        }
    }

    private func truth(on value: AzValue) throws(QueryProblem) -> AzValue {
        switch self {
        case .equal(let left, let right, let isNegated):
            return .bool(try left.value(on: value).equals(right.value(on: value)) != isNegated)
        case .or(let left, let right):
            let left = try left.value(on: value)
            return left.isTrue ? left : try right.value(on: value)
        case .and(let left, let right):
            let left = try left.value(on: value)
            return left.isTrue ? try right.value(on: value) : left
        case .not(let expression): return .bool(try !expression.value(on: value).isTrue)
        default: return try self.value(on: value)
        }
    }

    private static func chain(_ parts: [QueryExpression], on value: AzValue) throws(QueryProblem) -> AzValue {
        var value = value
        for part in parts { value = try part.value(on: value) }
        return value
    }

    /// What comes of each element, without those that come to nothing.
    private func projected(on elements: [AzValue]) throws(QueryProblem) -> AzValue {
        var found: [AzValue] = []
        for element in elements {
            let value = try value(on: element)
            if case .null = value { continue }
            found.append(value)
        }
        return .list(found)
    }
}

extension [AzValue] {
    /// Python's `list[start:stop:step]`; the step is not 0.
    fileprivate func sliced(_ start: Int?, _ stop: Int?, _ step: Int) -> [AzValue] {
        let bounds = step > 0 ? 0...count : -1...(count - 1)
        func place(_ index: Int?, else fallback: Int) -> Int {
            guard let index else { return fallback }
            // No sum can overflow: the parser takes numbers of 32 bits.
            return Swift.min(Swift.max(index < 0 ? index + count : index, bounds.lowerBound), bounds.upperBound)
        }
        let first = place(start, else: step > 0 ? bounds.lowerBound : bounds.upperBound)
        let last = place(stop, else: step > 0 ? bounds.upperBound : bounds.lowerBound)
        return stride(from: first, to: last, by: step).map { self[$0] }
    }
}
