/// The key that seals the next audit row, and is replaced at once: who learns today's key cannot forge yesterday's seals.
struct AuditSealKey: ~Copyable {
    /// 32 bytes: what is kept in the state, and, of a new vault, `k_0`.
    let bytes: SecretBytes

    init(_ bytes: consuming SecretBytes) {
        self.bytes = bytes
    }

    /// The seal of the row of that number; 16 bytes.
    borrowing func seal(sequence: UInt64, meta: [UInt8]) -> [UInt8] {
        var hash = Blake2b(key: bytes, length: 16)
        hash.update("vault.seal")
        hash.update(sequence.littleEndianBytes)
        hash.update(meta)
        return hash.finish()
    }

    /// The key for the row after.
    borrowing func next() -> AuditSealKey {
        var hash = Blake2b(key: bytes)
        hash.update("vault.seal.next")
        return AuditSealKey(hash.finishSecret())
    }
}
