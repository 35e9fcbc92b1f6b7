extension VaultTable {
    /// To which multiple a plaintext is padded, in bytes.
    var padding: Int {
        switch self {
        case .audit: 256
        case .token, .state: 1024
        case .profile, .rotation, .setting, .keyring, .keyslot, .checkpoint, .auditIndex: 512
        }
    }

    /// Which subkey of a data key seals its rows; nil where none does.
    var subkey: Subkey? {
        switch self {
        case .profile: .profile
        case .token: .token
        case .audit, .auditIndex: .audit
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
