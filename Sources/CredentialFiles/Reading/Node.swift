/// A part of a JSON or HCL document, with where it stands.
struct Node: Sendable {
    /// Counted from 1.
    var line: Int
    var content: Content

    enum Content: Sendable {
        case object([Member])
        case array([Node])
        case string(FileValue)
        /// A number, `true`, `false`; no credential has one of them.
        case other(Range<Int>)
        case null
    }

    struct Member: Sendable {
        var key: String
        var line: Int
        var value: Node
    }

    /// Deeper than any of the tools nests; a reader calls itself for each level.
    static let deepest = 32
}

extension Node {
    /// Nil unless it is an object.
    var members: [Member]? {
        if case .object(let members) = content { members } else { nil }
    }

    /// Nil unless it is an array.
    var elements: [Node]? {
        if case .array(let elements) = content { elements } else { nil }
    }

    /// The member of that name, null counting as none.
    subscript(key: String) -> Node? {
        guard let value = members?.first(where: { $0.key == key })?.value else { return nil }
        if case .null = value.content { return nil }
        return value
    }

    /// The string of that name.
    func string(_ key: String) -> FileValue? {
        if case .string(let value)? = self[key]?.content { value } else { nil }
    }

    /// One object, or several in a list.
    var objects: [Node]? {
        switch content {
        case .object: [self]
        case .array(let elements) where elements.allSatisfy { $0.members != nil }: elements
        default: nil
        }
    }
}
