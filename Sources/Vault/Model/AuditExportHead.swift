/// What an export of the record begins with: of which vault it is, and up to where it goes.
public struct AuditExportHead: Sendable, Equatable {
    /// 16 bytes.
    public var vaultID: [UInt8]
    /// The public key of checkpoints, as a C2SP verifier key.
    public var verifierKey: String
    /// Covers all that is exported; the last entry is that of the export itself.
    public var checkpoint: SignedCheckpoint

    public init(vaultID: [UInt8], verifierKey: String, checkpoint: SignedCheckpoint) {
        self.vaultID = vaultID
        self.verifierKey = verifierKey
        self.checkpoint = checkpoint
    }
}
