public import FoundationEssentials

/// What must hold for a token to be given. Where several policies cover a profile, each must allow it.
public struct Policy: Sendable, Equatable {
    public let name: PolicyName
    public var coverage: PolicyCoverage
    public var rules: PolicyRules
    /// Whether this program knows all that it says. One that it does not know covers what can be told, and refuses.
    public internal(set) var isUnderstood = true

    public init(name: PolicyName, coverage: PolicyCoverage, rules: PolicyRules) {
        self.name = name
        self.coverage = coverage
        self.rules = rules
    }
}

/// Which profiles a policy covers: those that are named, and those that have all of the labels.
public struct PolicyCoverage: Sendable, Equatable {
    /// All there are, and those to come.
    public var isEverything: Bool
    /// By id: another name does not free a profile.
    public var profiles: [RowID]
    public var tags: [Tag]

    public init(everything: Bool = false, profiles: [RowID] = [], tags: [Tag] = []) {
        isEverything = everything
        self.profiles = profiles
        self.tags = tags
    }

    public func contains(_ profile: Profile) -> Bool {
        if isEverything || profiles.contains(profile.id) { return true }
        return !tags.isEmpty && tags.allSatisfy { wanted in profile.tags.contains { $0.matches(wanted) } }
    }
}

/// What a policy asks; what it does not mention it does not restrict.
public struct PolicyRules: Sendable, Equatable {
    /// Resources, scopes or short names, one of which a token must be for. Which audience that is depends on the
    /// profile's cloud.
    public var audiences: [String] = []
    /// User ids, one of which the caller must have.
    public var users: [UInt32] = []
    /// One of them must match the caller's claim.
    public var executables: [ExecutablePattern] = []
    /// How many tokens of one profile may leave within an hour.
    public var usesPerHour: Int?
    /// Whether the caller must say why.
    public var requiresReason = false
    /// How old a stored secret or certificate may be, in seconds.
    public var maximumSecretAge: TimeInterval?

    public init() {}

    public var isEmpty: Bool { self == PolicyRules() }

    public static let usesAnHour = 1...100_000
    /// An hour to a hundred years, in seconds.
    public static let secretAges: ClosedRange<TimeInterval> = 3600...3_153_600_000
}

extension PolicyRules {
    /// - Throws: code `usage` for a text that no service has as its name: it would allow nothing, and nobody would be told.
    public static func audience(typed text: String) throws(VaultError) -> String {
        _ = try Audience(scope: text)
        let isKnown = Audience.shortNames.contains(text.lowercased()) || text == Audience.allAPIs.scope
        let resource = Audience.resource(ofScope: text)
        guard isKnown || text.contains(":") || UUID(uuidString: resource) != nil else {
            throw VaultError(
                .usage, "that audience is no URI, no application id and no short name",
                hint: "short names are \(Audience.shortNames.joined(separator: ", "))")
        }
        return text
    }
}
