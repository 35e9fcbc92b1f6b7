public import FoundationEssentials

/// A change of a profile's credential, from the intent to the end of the old one.
public struct Rotation: Sendable, Equatable {
    /// `planned → obtained → verified → promoted → retired`.
    public enum State: String, Sendable, CaseIterable {
        case planned, obtained, verified, promoted, retired
    }

    public let id: RowID
    public var profile: RowID
    public var state: State
    public var startedAt: Date
    /// Until when the old credential is kept.
    public var graceUntil: Date?
    /// The provider's id of the credential that goes, and of the one that comes.
    public var oldKeyID: String?
    public var newKeyID: String?

    public init(
        id: RowID, profile: RowID, state: State, startedAt: Date, graceUntil: Date? = nil, oldKeyID: String? = nil,
        newKeyID: String? = nil
    ) {
        self.id = id
        self.profile = profile
        self.state = state
        self.startedAt = startedAt
        self.graceUntil = graceUntil
        self.oldKeyID = oldKeyID
        self.newKeyID = newKeyID
    }
}
