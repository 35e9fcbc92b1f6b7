/// What `verify` looked at.
public struct Verification: Sendable, Equatable {
    public var profiles: Int
    public var tokens: Int
    public var rotations: Int
    public var settings: Int
    public var auditEntries: UInt64
    /// Root of the audit tree.
    public var auditRoot: [UInt8]
    /// Whether an anchor outside the file agreed. False where none was found, which is a finding of its own.
    public var anchorAgrees: Bool

    public init(
        profiles: Int, tokens: Int, rotations: Int, settings: Int, auditEntries: UInt64, auditRoot: [UInt8],
        anchorAgrees: Bool
    ) {
        self.profiles = profiles
        self.tokens = tokens
        self.rotations = rotations
        self.settings = settings
        self.auditEntries = auditEntries
        self.auditRoot = auditRoot
        self.anchorAgrees = anchorAgrees
    }
}
