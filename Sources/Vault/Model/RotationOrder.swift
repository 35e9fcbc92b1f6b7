public import FoundationEssentials

/// What is to be done about the credentials of profiles.
public struct RotationOrder: Sendable, Equatable {
    /// What is done, and to which.
    public enum Work: Sendable, Equatable {
        /// Replace the credentials of these profiles; a rotation of theirs that is unfinished goes on.
        case rotate([ProfileName])
        /// The same for all profiles whose credential expires until then and that have every one of the tags; rotations that
        /// are unfinished, or past their grace, go on.
        case rotateDue(until: Date, tags: [Tag])
        /// Go on with what was interrupted.
        case resume([RotationChoice])
        /// End the grace now.
        case finish([RotationChoice])
        /// Give up the new credential, and go back to the old one where it is kept.
        case rollBack([RotationChoice])
        /// Remove credentials at the provider that were found to be nobody's.
        case discard(ProfileName, keyIDs: [String])
    }

    public var work: Work
    /// How long old credentials are kept, in seconds.
    public var grace: TimeInterval
    /// How long new credentials are to live, in seconds; what the provider makes of it is told.
    public var lifetime: TimeInterval
    /// Whose token is used to ask the provider; nil: each profile's own.
    public var manager: ProfileName?
    /// The provider's ids of credentials that are to be removed with the old one.
    public var retiring: [String]
    /// How many ask at a time. Who waits for something is not counted.
    public var jobs: Int
    /// Whether to wait for the end of the grace.
    public var waits: Bool

    /// 180 days.
    public static let usualLifetime: TimeInterval = 180 * 86400
    public static let usualGrace: TimeInterval = 86400
    public static let usualJobs = 8
    public static let mostJobs = 64

    public init(
        _ work: Work, grace: TimeInterval = Self.usualGrace, lifetime: TimeInterval = Self.usualLifetime,
        manager: ProfileName? = nil, retiring: [String] = [], jobs: Int = Self.usualJobs, waits: Bool = false
    ) {
        self.work = work
        self.grace = grace
        self.lifetime = lifetime
        self.manager = manager
        self.retiring = retiring
        self.jobs = jobs
        self.waits = waits
    }
}

/// A rotation as it is named: by its id, or by the profile that it is about.
public enum RotationChoice: Sendable, Hashable, CustomStringConvertible {
    case id(RowID)
    case profile(ProfileName)

    public var description: String {
        switch self {
        case .id(let id): id.description
        case .profile(let name): name.description
        }
    }
}

/// What becomes of an order, told as it happens.
public struct RotationReport: Sendable, Equatable {
    public enum Content: Sendable, Equatable {
        /// So many are to be worked on.
        case total(Int)
        /// The rotation is so far, and more is to come.
        case went(Rotation)
        /// Worth telling a person; nothing failed.
        case note(String)
        /// The new credential, sealed: the disk has no room for it. `vaultctl rotation recover` takes it back.
        case armour(String)
        /// It is done as far as it can be now; nil: nothing was to be done, or the rotation is over.
        case done(Rotation?)
        case failed(VaultError)
    }

    /// Nil: about all.
    public var profile: ProfileName?
    public var content: Content

    public init(_ profile: ProfileName?, _ content: Content) {
        self.profile = profile
        self.content = content
    }
}
