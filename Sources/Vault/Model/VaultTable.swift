/// The tables that hold sealed rows or that the set hash covers; numbers as FORMAT.md has them.
enum VaultTable: UInt8, Sendable, CaseIterable {
    case profile = 1
    case token = 2
    case audit = 3
    case state = 4
    case rotation = 5
    case setting = 6
    case keyslot = 7
    case checkpoint = 8
    case keyring = 9
    case auditIndex = 10

    /// The most that a column may hold, in bytes; more is neither written nor read.
    static let longestColumn = 64 << 10

    /// Whether its rows have tags, by which they are looked up and in whose order they lie.
    var isLookedUpByTag: Bool {
        switch self {
        case .profile, .token, .rotation, .setting: true
        case .audit, .state, .keyslot, .checkpoint, .keyring, .auditIndex: false
        }
    }
}
