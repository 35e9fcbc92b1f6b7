/// How a record is to be verified.
public struct AuditVerificationRequest: ~Copyable, Sendable {
    /// `k_0`, 32 bytes: with it the seals are checked.
    public var auditKey: SecretBytes?
    /// Whether to open only what is newer than the last good checkpoint in the file.
    public var sinceCheckpoint: Bool
    /// A checkpoint that was kept elsewhere, which the history must continue.
    public var checkpoint: [UInt8]?

    public init() {
        auditKey = nil
        sinceCheckpoint = false
        checkpoint = nil
    }

    /// - Throws: code `usage` unless the key has 32 bytes.
    public init(
        checkedKey auditKey: consuming SecretBytes?, sinceCheckpoint: Bool, checkpoint: [UInt8]?
    ) throws(VaultError) {
        var isKey = true
        switch auditKey {
        case .some(let key): isKey = key.count == Self.auditKeyLength
        case .none: break
        }
        guard isKey else { throw VaultError(.usage, "an audit key has \(Self.auditKeyLength) bytes") }
        self.auditKey = auditKey
        self.sinceCheckpoint = sinceCheckpoint
        self.checkpoint = checkpoint
    }

    /// Bytes.
    public static let auditKeyLength = 32

    package borrowing func copy() -> AuditVerificationRequest {
        var copy = AuditVerificationRequest()
        switch auditKey {
        case .some(let key): copy.auditKey = key.copy()
        case .none: break
        }
        copy.sinceCheckpoint = sinceCheckpoint
        copy.checkpoint = checkpoint
        return copy
    }
}
