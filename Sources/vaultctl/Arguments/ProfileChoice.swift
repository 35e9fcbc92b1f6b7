import Vault

/// A profile, or those of a selection: `NAME` or `@SELECTION`.
enum ProfileChoice: Hashable, CustomStringConvertible {
    case profile(ProfileName)
    case selection(SelectionName)

    /// As it is typed.
    var description: String {
        switch self {
        case .profile(let name): name.description
        case .selection(let name): "@\(name)"
        }
    }

    /// For `@Argument(transform:)`.
    static func typed(_ text: String) throws -> ProfileChoice {
        // No name of a profile begins with an @.
        text.hasPrefix("@") ? .selection(try SelectionName(text)) : .profile(try ProfileName(text))
    }
}
