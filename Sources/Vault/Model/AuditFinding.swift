/// One thing that a verification of the record found wrong, or could not check.
public struct AuditFinding: Sendable, Equatable {
    public var kind: Kind
    public var subject: Subject
    /// One sentence, lower case, without a full stop.
    public var message: String
    /// What to do about it.
    public var hint: String?

    public init(_ kind: Kind, _ subject: Subject, _ message: String, hint: String? = nil) {
        self.kind = kind
        self.subject = subject
        self.message = message
        self.hint = hint
    }

    /// What it means for the record.
    public var verdict: Verdict { kind.verdict }

    public enum Verdict: String, Sendable, CaseIterable {
        /// Something is not as it was written.
        case tampered
        /// Something could not be checked, because a key for it is missing; nothing is known to be wrong.
        case unverifiable
        /// All that is there was checked, but what would make it stronger is missing.
        case warning
    }

    /// The kind of damage. The words are a contract.
    public enum Kind: String, Sendable, CaseIterable {
        /// A number that the record should have.
        case missingEntry = "missing-entry"
        /// A row that no transaction wrote.
        case extraEntry = "extra-entry"
        /// An entry that does not open where it lies.
        case unreadableEntry = "unreadable-entry"
        /// An entry that opens, of which this program does not know a word.
        case notUnderstood = "not-understood"
        /// A seal that is not the one that the audit key gives.
        case wrongSeal = "wrong-seal"
        /// All entries are there, and their tree is not that of the state.
        case wrongRoot = "wrong-root"
        /// The state does not open, or does not hang together.
        case wrongState = "wrong-state"
        /// The live rows are not those that the state was written for.
        case rowsChanged = "rows-changed"
        case wrongSchema = "wrong-schema"
        /// Something outside the file, or a checkpoint in it, has seen more.
        case rolledBack = "rolled-back"
        /// Something outside the file has seen another history.
        case forked
        case anchorDamaged = "anchor-damaged"
        case anchorMissing = "anchor-missing"
        /// A place outside that cannot be asked.
        case anchorUnreachable = "anchor-unreachable"
        /// A checkpoint that says another root than the entries have.
        case wrongCheckpoint = "wrong-checkpoint"
        /// A checkpoint that is not one, or that this vault did not sign.
        case checkpointSignature = "checkpoint-signature"
        /// The checkpoint that the state counts from is not there.
        case checkpointMissing = "checkpoint-missing"
        /// Two checkpoints that were both signed and contradict each other.
        case checkpointsInconsistent = "checkpoints-inconsistent"
        /// A tile of the tree that is missing, too many, or not that of its entries. The entries are none the worse.
        case wrongTile = "wrong-tile"
        /// The same of a segment of the index.
        case wrongIndex = "wrong-index"
        /// Sealed under a key that the keyring does not have.
        case keyMissing = "key-missing"

        public var verdict: Verdict {
            switch self {
            case .keyMissing, .notUnderstood: .unverifiable
            case .anchorMissing, .anchorUnreachable: .warning
            case .missingEntry, .extraEntry, .unreadableEntry, .wrongSeal, .wrongRoot, .wrongState, .rowsChanged,
                .wrongSchema, .rolledBack, .forked, .anchorDamaged, .wrongCheckpoint, .checkpointSignature,
                .checkpointMissing, .checkpointsInconsistent, .wrongTile, .wrongIndex:
                .tampered
            }
        }
    }

    /// What it is about.
    public enum Subject: Sendable, Equatable {
        /// By number.
        case entries(ClosedRange<UInt64>)
        /// By size.
        case checkpoint(UInt64)
        case anchor
        case state
        /// By name.
        case table(String)
    }
}

extension AuditFinding {
    static let reindexing = "the entries themselves are not concerned; to make it anew: vaultctl audit reindex"

    /// A finding about entries, which is worded alike for one and for many.
    init(_ kind: Kind, entries: ClosedRange<UInt64>) {
        let isOne = entries.lowerBound == entries.upperBound
        let which =
            isOne ? "audit entry \(entries.lowerBound)" : "audit entries \(entries.lowerBound) to \(entries.upperBound)"
        func text(_ one: String, _ many: String) -> String { "\(which) \(isOne ? one : many)" }
        var hint: String?
        let message =
            switch kind {
            case .missingEntry: text("is missing", "are missing")
            case .extraEntry: text("was written by no transaction", "were written by no transaction")
            case .unreadableEntry: text("does not open", "do not open")
            case .notUnderstood: text("is not understood", "are not understood")
            case .wrongSeal:
                text("has another seal than the audit key gives", "have other seals than the audit key gives")
            case .keyMissing:
                text("is sealed under a key that the keyring lacks", "are sealed under a key that the keyring lacks")
            case .wrongTile: text("has no tile, or not its own", "have no tiles, or not their own")
            case .wrongIndex:
                text("is not in the index as it is", "are not in the index, or not as they are")
            default: text("is wrong", "are wrong")
            }
        if kind == .wrongTile || kind == .wrongIndex { hint = Self.reindexing }
        if kind == .notUnderstood { hint = "use a newer vaultctl" }
        if kind == .wrongSeal { hint = "make sure that the audit key is this vault's; if it is, they were rewritten" }
        self.init(kind, .entries(entries), message, hint: hint)
    }

    /// The same of the first entry alone, where it is about several.
    var first: AuditFinding {
        guard kind != .wrongRoot, case .entries(let numbers) = subject else { return self }
        return AuditFinding(kind, entries: numbers.lowerBound...numbers.lowerBound)
    }
}
