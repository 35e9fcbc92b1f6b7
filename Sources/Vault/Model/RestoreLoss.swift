/// What a vault has that a backup, which is to take its place, has not.
public struct RestoreLoss: Sendable, Equatable {
    /// 16 bytes; nil when not even that can be read.
    public var vaultID: [UInt8]?
    /// Whether it is another vault, and not this one in another state.
    public var isAnotherVault: Bool
    public var profiles: Int
    public var auditEntries: Int
    /// Entries that came after the backup; nil where the two records cannot be compared.
    public var newerEntries: Int?
    /// Profiles that the backup lacks, and those whose credential is another one there; nil where they cannot be read with
    /// the backup's keys.
    public var profilesLost: [ProfileName]?
    public var credentialsLost: [ProfileName]?
    /// Profiles that were edited since, and what of them is another in the backup; nil as above.
    public var profilesChanged: [ProfileEdit]?
    /// Policies, selections and options that the backup lacks, and those that are others there, by key; nil as above.
    public var settingsLost: [SettingKey]?
    public var settingsChanged: [SettingKey]?
    /// Profiles with a rotation that is unfinished, and of which the backup knows nothing, or not how far it came: what the
    /// provider made or has to remove would be nobody's. Nil as above.
    public var rotationsLost: [ProfileName]?
    /// Why it cannot be read, or not with the backup's keys.
    public var trouble: String?

    package init(vaultID: [UInt8]?, isAnotherVault: Bool, profiles: Int = 0, auditEntries: Int = 0) {
        self.vaultID = vaultID
        self.isAnotherVault = isAnotherVault
        self.profiles = profiles
        self.auditEntries = auditEntries
    }

    /// Whether nothing more would be lost than `other` says. Entries come all the time, and do not count.
    func isSame(as other: RestoreLoss) -> Bool {
        var other = other
        other.auditEntries = auditEntries
        other.newerEntries = newerEntries
        return self == other
    }

    /// Compares two states of one vault.
    ///
    /// - Parameter kept: that of the backup.
    mutating func compare(_ present: VaultContent, with kept: VaultContent) {
        compare(present.profiles, with: kept.profiles)
        let settings = Dictionary(kept.settings.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
        settingsLost = present.settings.map(\.key).filter { settings[$0] == nil }
        settingsChanged = present.settings.filter { setting in
            settings[setting.key].map { $0 != setting.value } ?? false
        }
        .map(\.key)
        let names = Dictionary(present.profiles.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
        let rotations = Set(kept.rotations.map { RotationStep($0) })
        rotationsLost = present.rotations.filter { $0.isUnfinished && !rotations.contains(RotationStep($0)) }
            .compactMap { names[$0.profile] }.sorted()
    }

    private mutating func compare(_ present: [Profile], with kept: [Profile]) {
        var old: [RowID: Profile] = [:]
        for profile in kept { old[profile.id] = profile }
        profilesLost = present.filter { old[$0.id] == nil }.map(\.name)
        credentialsLost = present.filter { profile in
            old[profile.id].map { $0.credential.storedAt != profile.credential.storedAt } ?? false
        }
        .map(\.name)
        profilesChanged = present.compactMap { profile in
            let edits = old[profile.id].map { profile.edits(since: $0) } ?? []
            return edits.isEmpty ? nil : ProfileEdit(profile: profile.name, fields: edits)
        }
    }
}

/// What of a profile was edited.
public struct ProfileEdit: Sendable, Equatable {
    public var profile: ProfileName
    /// In words, such as `tags`.
    public var fields: [String]
}

/// What a state of a vault holds, tokens and secrets aside.
struct VaultContent {
    var profiles: [Profile]
    var settings: [Setting]
    var rotations: [Rotation]
}

/// How far a rotation came.
private struct RotationStep: Hashable {
    var id: RowID
    var state: Rotation.State

    init(_ rotation: Rotation) { (id, state) = (rotation.id, rotation.state) }
}

extension Profile {
    /// What differs from an older state of this profile; what comes with another credential aside.
    fileprivate func edits(since old: Profile) -> [String] {
        var found: [String] = []
        if name != old.name { found.append("name") }
        if destination != old.destination { found.append("destination") }
        if tenant != old.tenant { found.append("tenant") }
        if clientID != old.clientID { found.append("client id") }
        found += differences(from: old)
        guard credential.storedAt == old.credential.storedAt else { return found.filter { $0 != "expiry" } }
        if credential.keyID != old.credential.keyID { found.append("key id") }
        if credential.assertionForm != old.credential.assertionForm { found.append("assertion") }
        return found
    }
}
