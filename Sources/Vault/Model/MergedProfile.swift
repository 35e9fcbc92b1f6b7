/// What became of one profile of another vault.
public struct MergedProfile: Sendable, Equatable {
    public enum Outcome: String, Sendable, CaseIterable {
        case added
        /// It is here already, as it is there.
        case same
        /// It is different there; what it is there is here now.
        case replaced
        /// It is different there, and stays as it is here.
        case kept
        /// It is different there, and nobody said which is right; it stays as it is here.
        case conflict
        /// It cannot be taken over now.
        case leftOut = "left-out"
    }

    /// Its name there.
    public var profile: ProfileName
    public var outcome: Outcome
    /// Its name here; nil when it is not here.
    public var here: ProfileName?
    /// What is different, or why.
    public var detail: String?

    public init(profile: ProfileName, outcome: Outcome, here: ProfileName? = nil, detail: String? = nil) {
        self.profile = profile
        self.outcome = outcome
        self.here = here
        self.detail = detail
    }
}

/// Whose profile is right where both vaults have one and they differ.
public enum MergePreference: String, Sendable, CaseIterable {
    case ours, theirs
}
