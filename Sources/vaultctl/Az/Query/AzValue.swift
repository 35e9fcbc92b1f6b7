/// What az prints, as values: a document before and after its query.
///
/// The token has no text here. It is spliced in when the answer is written, from the locked memory that it came in.
enum AzValue {
    case null
    case bool(Bool)
    case number(Int64)
    case text(String)
    case token
    case list([AzValue])
    case object(AzObject)
}

/// An object, its members in the order in which Python would have them.
struct AzObject {
    typealias Member = (key: String, value: AzValue)

    private(set) var members: [Member]
    /// Whether a multi-select hash made it: az writes those in their own order where it sorts others.
    let isSelected: Bool

    init(_ members: [Member], isSelected: Bool = false) {
        self.members = []
        self.isSelected = isSelected
        for (key, value) in members { set(key, value) }
    }

    subscript(key: String) -> AzValue? { members.first { $0.key.isSame(as: key) }?.value }

    /// As a Python dictionary does it: a key that is there keeps its place.
    mutating func set(_ key: String, _ value: AzValue) {
        if let index = members.firstIndex(where: { $0.key.isSame(as: key) }) {
            members[index].value = value
        } else {
            members.append((key, value))
        }
    }

    /// By code points, as Python sorts text.
    var sorted: [Member] {
        members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
    }
}

extension String {
    /// Whether both have the same bytes: Swift takes texts for equal that only look alike.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
}

extension AzValue {
    /// Whether JMESPath counts it as true. A token is never empty.
    var isTrue: Bool {
        switch self {
        case .null: false
        case .bool(let value): value
        case .text(let text): !text.isEmpty
        case .list(let list): !list.isEmpty
        case .object(let object): !object.members.isEmpty
        case .number, .token: true
        }
    }

    /// Whether there is a list or an object in it.
    var isCollection: Bool {
        switch self {
        case .list, .object: true
        default: false
        }
    }

    /// `==` as the library that az uses has it. On the outside numbers and truth values differ; within lists and objects
    /// Python compares, for which 1 is `True`.
    ///
    /// - Throws: ``QueryProblem`` where the text of the token would decide.
    func equals(_ other: AzValue, within: Bool = false) throws(QueryProblem) -> Bool {
        switch (self, other) {
        case (.token, _), (_, .token): throw .unsupported("comparing the token")
        case (.null, .null): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.number(let left), .number(let right)): return left == right
        case (.bool(let truth), .number(let number)), (.number(let number), .bool(let truth)):
            return within && number == (truth ? 1 : 0)
        case (.text(let left), .text(let right)): return left.isSame(as: right)
        case (.list(let left), .list(let right)):
            guard left.count == right.count else { return false }
            for (left, right) in zip(left, right) where try !left.equals(right, within: true) { return false }
            return true
        case (.object(let left), .object(let right)): return try left.equals(right)
        default: return false
        }
    }
}

extension AzObject {
    /// The order counts where both have one of their own.
    fileprivate func equals(_ other: AzObject) throws(QueryProblem) -> Bool {
        guard members.count == other.members.count else { return false }
        if isSelected && other.isSelected {
            for (left, right) in zip(members, other.members) where !left.key.isSame(as: right.key) { return false }
        }
        for (key, value) in members {
            guard let found = other[key], try value.equals(found, within: true) else { return false }
        }
        return true
    }
}
