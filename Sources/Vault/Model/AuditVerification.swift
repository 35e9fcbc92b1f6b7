/// What a verification of the record looked at, and what it found.
public struct AuditVerification: Sendable, Equatable {
    /// Of the record as a whole.
    public enum Verdict: String, Sendable, CaseIterable {
        case intact
        /// Nothing is known to be wrong, but a key or the anchor is missing.
        case unverifiable
        case tampered
    }

    /// How many entries the state says that there are; where it cannot be read, how many rows there seem to be.
    public var entries: UInt64
    /// The number of the first entry that was read. The tree of those before is the one that a checkpoint or the anchor
    /// vouches for; whether their rows are still those was not looked at.
    public var firstHashed: UInt64
    /// The number of the first entry that was opened. Those before were hashed alone: the checkpoint of that many entries
    /// vouches for what they say.
    public var firstOpened: UInt64
    /// Root of the tree over the entries; nil where some are missing.
    public var root: [UInt8]?
    /// Whether seals were compared with those that the audit key gives.
    public var checkedSeals: Bool
    /// Checkpoints, in the file and given, whose signature and root are right.
    public var checkpoints: Int
    public var anchorAgrees: Bool
    /// The settings whose places outside have seen this history.
    public var agreedPlaces: [SettingKey]
    public var findings: [AuditFinding]
    /// How many more findings of a kind there are than ``findings`` has room for.
    public var omitted: [AuditFinding.Kind: Int]

    public init(
        entries: UInt64, firstHashed: UInt64, firstOpened: UInt64, root: [UInt8]?, checkedSeals: Bool, checkpoints: Int,
        anchorAgrees: Bool, agreedPlaces: [SettingKey],
        findings: [AuditFinding], omitted: [AuditFinding.Kind: Int]
    ) {
        self.entries = entries
        self.firstHashed = firstHashed
        self.firstOpened = firstOpened
        self.root = root
        self.checkedSeals = checkedSeals
        self.checkpoints = checkpoints
        self.anchorAgrees = anchorAgrees
        self.agreedPlaces = agreedPlaces
        self.findings = findings
        self.omitted = omitted
    }

    public var verdict: Verdict {
        if findings.contains(where: { $0.verdict == .tampered }) { return .tampered }
        return findings.isEmpty ? .intact : .unverifiable
    }
}
