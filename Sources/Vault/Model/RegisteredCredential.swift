public import FoundationEssentials

/// A credential as its provider lists it; the secret itself is in no list.
public struct RegisteredCredential: Sendable, Equatable {
    public var keyID: String
    /// Nil where the provider keeps none.
    public var name: String?
    public var startsAt: Date?
    public var expiresAt: Date?
    /// What tells which secret it is: Graph's first characters of one, the thumbprint of a certificate.
    public var hint: String?

    public init(
        keyID: String, name: String? = nil, startsAt: Date? = nil, expiresAt: Date? = nil, hint: String? = nil
    ) {
        self.keyID = keyID
        self.name = name
        self.startsAt = startsAt
        self.expiresAt = expiresAt
        self.hint = hint
    }
}

/// What a provider's credential is to this vault.
public enum CredentialStanding: String, Sendable, CaseIterable {
    /// The one that the profile, or another one with the same application, uses.
    case current
    /// The old one of a rotation, or the new one that is not in use yet.
    case rotating
    /// Made by a vault, as its name says, or for this one, as the record says; nobody has the secret.
    case orphan
    /// Somebody else's, or one whose id this vault was never told.
    case foreign
}

/// What a rotation of a profile would meet, asked of its provider and changed by nobody.
public struct RotationPlan: Sendable, Equatable {
    public struct Entry: Sendable, Equatable {
        public var credential: RegisteredCredential
        public var standing: CredentialStanding

        public init(_ credential: RegisteredCredential, _ standing: CredentialStanding) {
            self.credential = credential
            self.standing = standing
        }
    }

    public var profile: ProfileName
    /// How many the provider allows; nil where it names no number.
    public var limit: Int?
    public var entries: [Entry]
    /// Which of them is the profile's own.
    public var own: CredentialMatch
    /// The rotation that would go on; nil where a new one would begin.
    public var rotation: Rotation?

    public init(
        profile: ProfileName, limit: Int?, entries: [Entry], own: CredentialMatch, rotation: Rotation?
    ) {
        self.profile = profile
        self.limit = limit
        self.entries = entries
        self.own = own
        self.rotation = rotation
    }

    /// The profile's own credential, as the provider lists it.
    public var current: RegisteredCredential? {
        guard case .found(let keyID) = own else { return nil }
        return entries.first { $0.credential.keyID.lowercased() == keyID.lowercased() }?.credential
    }
}

/// What came of asking for the plan of one profile.
public struct PlannedProfile: Sendable {
    public var profile: ProfileName
    public var result: Result<RotationPlan, VaultError>

    public init(profile: ProfileName, result: Result<RotationPlan, VaultError>) {
        self.profile = profile
        self.result = result
    }
}
