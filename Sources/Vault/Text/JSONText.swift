package import FoundationEssentials

/// Writes JSON field by field. Keys are written in ascending order, which a debug build checks, so that the same thing
/// always has the same text.
package struct JSONText {
    package private(set) var text = ByteText()
    /// Two spaces a level and one field a line; otherwise all in one line.
    package let indented: Bool
    private var depth = 0
    private var isFirst = true
    #if DEBUG
        private var lastKeys: [String] = []
    #endif

    package init(indented: Bool) { self.indented = indented }

    package mutating func object(_ fields: (inout JSONText) -> Void) {
        open(UInt8(ascii: "{"))
        #if DEBUG
            lastKeys.append("")
        #endif
        fields(&self)
        #if DEBUG
            lastKeys.removeLast()
        #endif
        close(UInt8(ascii: "}"))
    }

    package mutating func array<Element>(_ elements: some Sequence<Element>, _ each: (inout JSONText, Element) -> Void)
    {
        open(UInt8(ascii: "["))
        for element in elements {
            separate()
            each(&self, element)
        }
        close(UInt8(ascii: "]"))
    }

    package mutating func string(_ value: String) { text.append(json: value) }
    package mutating func literal(_ value: String) { text.append(value) }

    package mutating func field(_ key: String, _ value: String?) {
        name(key)
        if let value { text.append(json: value) } else { text.append("null") }
    }

    package mutating func field(_ key: String, _ value: Int64?) {
        name(key)
        if let value { text.append(number: value) } else { text.append("null") }
    }

    package mutating func field(_ key: String, hexadecimal value: [UInt8]?) {
        name(key)
        guard let value else { return text.append("null") }
        text.append(UInt8(ascii: "\""))
        text.append(hexadecimal: value)
        text.append(UInt8(ascii: "\""))
    }

    package mutating func field(_ key: String, _ value: Bool) {
        name(key)
        text.append(value ? "true" : "false")
    }

    /// A time in RFC 3339, UTC.
    package mutating func field(_ key: String, _ value: Date?, milliseconds: Bool = false) {
        name(key)
        guard let value else { return text.append("null") }
        text.append(UInt8(ascii: "\""))
        text.append(rfc3339: value, milliseconds: milliseconds)
        text.append(UInt8(ascii: "\""))
    }

    package mutating func field(_ key: String, _ values: some Sequence<String>) {
        name(key)
        array(values) { $0.string($1) }
    }

    package mutating func field(_ key: String, object fields: (inout JSONText) -> Void) {
        name(key)
        object(fields)
    }

    package mutating func field<Element>(
        _ key: String, _ elements: some Sequence<Element>, _ each: (inout JSONText, Element) -> Void
    ) {
        name(key)
        array(elements, each)
    }

    package mutating func newline() { text.append(UInt8(ascii: "\n")) }
    package mutating func removeAll() { text.removeAll() }

    private mutating func name(_ key: String) {
        #if DEBUG
            precondition(lastKeys.popLast().map { $0 < key } ?? false, "\(key) is out of order")
            lastKeys.append(key)
        #endif
        separate()
        // Keys are ours: nothing in them is to be escaped.
        text.append(UInt8(ascii: "\""))
        text.append(key)
        text.append(indented ? "\": " : "\":")
    }

    private mutating func open(_ bracket: UInt8) {
        text.append(bracket)
        depth += 1
        isFirst = true
    }

    private mutating func close(_ bracket: UInt8) {
        depth -= 1
        if indented && !isFirst { line() }
        text.append(bracket)
        isFirst = false
    }

    private mutating func separate() {
        if !isFirst { text.append(UInt8(ascii: ",")) }
        if indented { line() }
        isFirst = false
    }

    private mutating func line() {
        text.append(UInt8(ascii: "\n"))
        text.append(spaces: 2 * depth)
    }
}
