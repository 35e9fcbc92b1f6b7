/// A checkpoint that the vault has signed: how many entries its record had, and the root of their tree.
public struct SignedCheckpoint: Sendable, Equatable {
    public var size: UInt64
    /// 32 bytes.
    public var root: [UInt8]
    /// The C2SP signed note, as anyone who has the verifier key checks it.
    public var note: String

    public init(size: UInt64, root: [UInt8], note: String) {
        self.size = size
        self.root = root
        self.note = note
    }
}
