/// Proves to whoever has the verifier key that one entry is in the record, by its hash alone.
public struct InclusionProof: Sendable, Equatable {
    /// The entry's number.
    public var sequence: UInt64
    /// The hash of the entry as it is stored, 32 bytes.
    public var leaf: [UInt8]
    /// From the leaf's neighbour up, 32 bytes each.
    public var path: [[UInt8]]
    public var checkpoint: SignedCheckpoint

    public init(sequence: UInt64, leaf: [UInt8], path: [[UInt8]], checkpoint: SignedCheckpoint) {
        self.sequence = sequence
        self.leaf = leaf
        self.path = path
        self.checkpoint = checkpoint
    }

    /// In the form of c2sp.org/tlog-proof, with the leaf as its extra data.
    public var text: String {
        "c2sp.org/tlog-proof@v1\nextra \(leaf.base64)\nindex \(sequence)\n\(path.lines)\n\(checkpoint.note)"
    }
}

/// Proves to whoever has an older checkpoint that the record only grew since.
public struct ConsistencyProof: Sendable, Equatable {
    /// Entries of the older checkpoint.
    public var oldSize: UInt64
    /// In the order of RFC 9162, section 2.1.4.1, 32 bytes each.
    public var path: [[UInt8]]
    public var checkpoint: SignedCheckpoint

    public init(oldSize: UInt64, path: [[UInt8]], checkpoint: SignedCheckpoint) {
        self.oldSize = oldSize
        self.path = path
        self.checkpoint = checkpoint
    }

    /// In the form that a witness is asked in (c2sp.org/tlog-witness, add-checkpoint).
    public var text: String { "old \(oldSize)\n\(path.lines)\n\(checkpoint.note)" }
}

extension [[UInt8]] {
    /// Each in base64 on a line of its own.
    fileprivate var lines: String { map { $0.base64 + "\n" }.joined() }
}
