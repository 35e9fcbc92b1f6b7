/// Reads the JSON in a query, as Python's `json` takes it.
struct QueryLiteral {
    private let text: [Unicode.Scalar]
    private var place = 0
    /// The first thing in it that is right and not understood here.
    private(set) var unsupported: String?

    private static let deepest = 64

    init(_ text: String) { self.text = Array(text.unicodeScalars) }

    mutating func value() throws(QueryProblem) -> AzValue {
        skipSpace()
        let value = try value(depth: 0)
        skipSpace()
        guard place == text.count else { throw .invalid }
        return value
    }

    private var current: Unicode.Scalar? { place < text.count ? text[place] : nil }

    private mutating func skipSpace() {
        while let scalar = current, [" ", "\t", "\n", "\r"].contains(scalar) { place += 1 }
    }

    private mutating func takes(_ word: String) -> Bool {
        let word = Array(word.unicodeScalars)
        guard text[place...].starts(with: word) else { return false }
        place += word.count
        return true
    }

    private mutating func value(depth: Int) throws(QueryProblem) -> AzValue {
        guard depth < Self.deepest else { throw .unsupported("a literal nested more than \(Self.deepest) deep") }
        guard let scalar = current else { throw .invalid }
        switch scalar {
        case "\"": return .text(try string())
        case "[": return try list(depth: depth)
        case "{": return try object(depth: depth)
        case "0"..."9", "-": return try number()
        default:
            if takes("null") { return .null }
            if takes("true") { return .bool(true) }
            if takes("false") { return .bool(false) }
            if takes("NaN") || takes("Infinity") { return refused("a number that is none") }
            throw .invalid
        }
    }

    private mutating func list(depth: Int) throws(QueryProblem) -> AzValue {
        var elements: [AzValue] = []
        place += 1
        skipSpace()
        if takes("]") { return .list([]) }
        while true {
            skipSpace()
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if takes("]") { return .list(elements) }
            guard takes(",") else { throw .invalid }
        }
    }

    private mutating func object(depth: Int) throws(QueryProblem) -> AzValue {
        var members: [AzObject.Member] = []
        place += 1
        skipSpace()
        if takes("}") { return .object(AzObject([])) }
        while true {
            skipSpace()
            guard current == "\"" else { throw .invalid }
            let key = try string()
            skipSpace()
            guard takes(":") else { throw .invalid }
            skipSpace()
            members.append((key, try value(depth: depth + 1)))
            skipSpace()
            if takes("}") { return .object(AzObject(members)) }
            guard takes(",") else { throw .invalid }
        }
    }

    private mutating func number() throws(QueryProblem) -> AzValue {
        let isNegative = takes("-")
        if isNegative, takes("Infinity") { return refused("a number that is none") }
        var digits = String.UnicodeScalarView()
        while let scalar = current, ("0"..."9").contains(scalar) {
            digits.append(scalar)
            place += 1
            // After a leading 0 there is no other digit: what follows is left over, and thereby wrong.
            if digits.elementsEqual(["0"]) { break }
        }
        guard !digits.isEmpty else { throw .invalid }
        if takesFraction() { return refused("a number with a fraction or an exponent") }
        guard let number = Int64((isNegative ? "-" : "") + String(digits)) else {
            return refused("a number as large as \(String(digits).prefix(12))")
        }
        return .number(number)
    }

    private mutating func takesFraction() -> Bool {
        let start = place
        if takes(".") { if !takesDigits() { place = start } }
        let end = place
        if takes("e") || takes("E") {
            _ = takes("+") || takes("-")
            if !takesDigits() { place = end }
        }
        return place > start
    }

    private mutating func takesDigits() -> Bool {
        let start = place
        while let scalar = current, ("0"..."9").contains(scalar) { place += 1 }
        return place > start
    }

    private mutating func string() throws(QueryProblem) -> String {
        var found = String.UnicodeScalarView()
        place += 1
        while let scalar = current {
            place += 1
            switch scalar {
            case "\"": return String(found)
            case "\\": found.append(try escaped())
            case _ where scalar.value < 0x20: throw .invalid
            default: found.append(scalar)
            }
        }
        throw .invalid
    }

    private mutating func escaped() throws(QueryProblem) -> Unicode.Scalar {
        guard let scalar = current else { throw .invalid }
        place += 1
        switch scalar {
        case "\"", "\\", "/": return scalar
        case "b": return "\u{8}"
        case "f": return "\u{c}"
        case "n": return "\n"
        case "r": return "\r"
        case "t": return "\t"
        case "u": return try escapedNumber()
        default: throw .invalid
        }
    }

    private mutating func escapedNumber() throws(QueryProblem) -> Unicode.Scalar {
        let unit = try hexadecimal()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        let start = place
        if unit < 0xdc00, takes("\\u") {
            let low = try hexadecimal()
            if (0xdc00...0xdfff).contains(low),
                let scalar = Unicode.Scalar(0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00))
            {
                return scalar
            }
            place = start
        }
        _ = refused("half of a surrogate pair")
        return "\u{fffd}"
    }

    private mutating func hexadecimal() throws(QueryProblem) -> UInt32 {
        guard place + 4 <= text.count, text[place..<place + 4].allSatisfy({ $0.properties.isASCIIHexDigit }),
            let number = UInt32(String(String.UnicodeScalarView(text[place..<place + 4])), radix: 16)
        else { throw .invalid }
        place += 4
        return number
    }

    private mutating func refused(_ what: String) -> AzValue {
        if unsupported == nil { unsupported = what }
        return .null
    }
}
