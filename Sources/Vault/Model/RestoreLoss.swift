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
    /// Why it cannot be read, or not with the backup's keys.
    public var trouble: String?

    package init(vaultID: [UInt8]?, isAnotherVault: Bool, profiles: Int = 0, auditEntries: Int = 0) {
        self.vaultID = vaultID
        self.isAnotherVault = isAnotherVault
        self.profiles = profiles
        self.auditEntries = auditEntries
    }

    /// Compares profiles of one vault.
    ///
    /// - Parameter kept: those of the backup.
    mutating func compare(_ present: [Profile], with kept: [Profile]) {
        var old: [RowID: Profile] = [:]
        for profile in kept { old[profile.id] = profile }
        profilesLost = present.filter { old[$0.id] == nil }.map(\.name)
        credentialsLost = present.filter { profile in
            old[profile.id].map { $0.credential.storedAt != profile.credential.storedAt } ?? false
        }
        .map(\.name)
    }
}
