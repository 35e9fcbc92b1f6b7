/// The keys that sealed the rows, one after the other from `k_0`: `k_{i+1} = B2(k_i, "vault.seal.next")`.
///
/// The same as a row of ``AuditSealKey``s, in memory of its own that is written over.
struct AuditSealChain: ~Copyable {
    /// The number of the row that the key seals.
    private(set) var sequence: UInt64
    private var key: SecretBytes

    /// - Parameter key: 32 bytes, the key of row `sequence`.
    init(_ key: consuming SecretBytes, at sequence: UInt64 = 0) {
        self.key = key
        self.sequence = sequence
    }

    mutating func advance() {
        var hash = Blake2b(key: key)
        hash.update("vault.seal.next")
        key.withMutableBytes { hash.finish(into: &$0) }
        sequence += 1
    }

    /// - Precondition: `sequence` is not behind.
    mutating func advance(to sequence: UInt64) {
        precondition(sequence >= self.sequence)
        while self.sequence < sequence { advance() }
    }

    /// Whether `seal` is that of the row whose turn it is.
    borrowing func seals(_ meta: RawSpan, with seal: RawSpan) -> Bool {
        var hash = Blake2b(key: key, length: 16)
        hash.update("vault.seal")
        hash.update(sequence.littleEndianBytes)
        hash.update(meta)
        return constantTimeEqual(hash.finish(), seal.array)
    }

    borrowing func hasKey(_ other: SharedSecret) -> Bool { key.equals(other.bytes) }

    /// The key, for somebody who goes on from here too.
    borrowing func copy() -> SharedSecret { SharedSecret(key.copy()) }
}
