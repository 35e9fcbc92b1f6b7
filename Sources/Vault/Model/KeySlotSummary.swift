public import FoundationEssentials

/// What the vault file tells of a key slot without being unlocked.
public struct KeySlotSummary: Sendable, Equatable {
    public enum Kind: UInt8, Sendable {
        case passphrase = 1
        case recoveryCode = 2
        case keyFile = 3
        /// Reserved by the format: a secret that another program gives.
        case external = 4
    }

    /// 1 to 32.
    public var slot: Int
    public var kind: Kind
    public var createdAt: Date
    /// Argon2id's cost; nil for secrets that are random enough not to need it.
    public var cost: DerivationCost?

    public init(slot: Int, kind: Kind, createdAt: Date, cost: DerivationCost?) {
        self.slot = slot
        self.kind = kind
        self.createdAt = createdAt
        self.cost = cost
    }
}

/// What one guess at a passphrase costs (Argon2id, RFC 9106).
public struct DerivationCost: Sendable, Equatable {
    public var passes: UInt64
    /// Bytes.
    public var memory: UInt64

    public init(passes: UInt64, memory: UInt64) {
        self.passes = passes
        self.memory = memory
    }

    /// 3 passes over 256 MiB.
    public static let standard = DerivationCost(passes: 3, memory: 256 << 20)
    /// The least that is accepted: 2 passes over 64 MiB.
    public static let floor = DerivationCost(passes: 2, memory: 64 << 20)
}
