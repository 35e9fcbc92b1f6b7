public import FoundationEssentials

/// A change of a profile's credential, from the intent to the end of the old one: one sealed row, which is written before
/// each call that changes something outside, and again once it is known what came of it.
public struct Rotation: Sendable, Equatable {
    /// `planned → obtained → verified → promoted → retired`, or `rolled-back` from any of them but the last.
    ///
    /// The row goes when what `retired` and `rolled-back` have to remove at the provider is gone.
    public enum State: String, Sendable, CaseIterable {
        /// The call that makes the new credential may have gone out.
        case planned
        /// The vault holds the new credential, the profile uses the old one.
        case obtained
        /// The provider accepts the new one, again and again.
        case verified
        /// The profile uses the new credential; the old one is kept for the grace.
        case promoted
        /// The old credential is not used any more, and is to be removed at the provider.
        case retired
        /// The new credential is given up, and is to be removed at the provider.
        case rolledBack = "rolled-back"
    }

    public let id: RowID
    public var profile: RowID
    public var state: State
    public var startedAt: Date
    /// When it came into its state.
    public var changedAt: Date
    /// How long the old credential is kept once the new one is in use, in seconds.
    public var grace: TimeInterval
    /// Until when the old credential is kept; nil until it is known.
    public var graceUntil: Date?
    /// The provider's id of the credential that goes, and of the one that comes.
    public var oldKeyID: String?
    public var newKeyID: String?
    /// Whether the provider is asked to make the credential; otherwise it was made elsewhere.
    public var isMadeHere: Bool
    /// The profile with whose token the provider is asked; nil: the profile itself.
    public var manager: RowID?
    /// The provider's ids of what is to be removed when the old credential is not used any more: that one, where this vault
    /// made it, and what the user named.
    public var removing: [String]
    /// The ids of the credentials there were before, where the provider keeps no name with one (Databricks).
    public var knownKeyIDs: [String]

    public init(
        id: RowID, profile: RowID, state: State, startedAt: Date, changedAt: Date? = nil, grace: TimeInterval = 0,
        graceUntil: Date? = nil, oldKeyID: String? = nil, newKeyID: String? = nil, isMadeHere: Bool = false,
        manager: RowID? = nil, removing: [String] = [], knownKeyIDs: [String] = []
    ) {
        self.id = id
        self.profile = profile
        self.state = state
        self.startedAt = startedAt
        self.changedAt = changedAt ?? startedAt
        self.grace = grace
        self.graceUntil = graceUntil
        self.oldKeyID = oldKeyID
        self.newKeyID = newKeyID
        self.isMadeHere = isMadeHere
        self.manager = manager
        self.removing = removing
        self.knownKeyIDs = knownKeyIDs
    }
}

extension Rotation {
    /// What the new credential is called at the provider, so that it is found when the answer is lost.
    public var marker: String { Self.markerPrefix + id.description }

    /// What begins the names of all credentials that vaults have made.
    public static let markerPrefix = "vaultctl:"
}

extension Rotation {
    /// Whether something at the provider would be nobody's, were this row forgotten.
    var isUnfinished: Bool { (isMadeHere && state != .promoted) || !removing.isEmpty }
}
