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

    /// To which multiple a plaintext is padded, in bytes.
    var padding: Int {
        switch self {
        case .audit: 256
        case .token, .state: 1024
        case .profile, .rotation, .setting, .keyring, .keyslot, .checkpoint: 512
        }
    }

    /// Which subkey of a data key seals its rows; nil where none does.
    var subkey: Subkey? {
        switch self {
        case .profile: .profile
        case .token: .token
        case .audit: .audit
        case .state: .state
        case .rotation: .rotation
        case .setting: .setting
        case .keyslot, .checkpoint, .keyring: nil
        }
    }
}

/// What is derived from a data key.
enum Subkey: UInt64, Sendable, CaseIterable {
    case profile = 1
    case token, audit, state, rotation, setting, set, name
}
