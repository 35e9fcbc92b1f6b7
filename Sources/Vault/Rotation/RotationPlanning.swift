internal import FoundationEssentials

/// What rotations would meet: the credentials that providers have, and what each of them is to this vault. Changes nothing but
/// the record, which tells of the tokens that it takes.
struct RotationPlanning: Sendable {
    let journal: RotationJournal
    let registries: Registries
    let environment: VaultEnvironment
    let manager: Profile?

    func plan(_ name: ProfileName) async throws(VaultError) -> RotationPlan {
        let (profile, current) = try journal.records.read { (snapshot) throws(VaultError) in
            let record = try snapshot.profile(named: name)
            return (record.profile, SharedSecret(try snapshot.secret(of: record)))
        }
        let listed = try await registries.registry(of: profile, current: current, manager: manager).list()
        let lost = try await lost(profile)
        // Asked after the list: a rotation that began since is in the vault, and what it has made is not an orphan.
        return try journal.records.read { (snapshot) throws(VaultError) in
            let known = try KnownCredentials(profile, snapshot)
            let open = try snapshot.rotations(of: profile.id).map(\.rotation)
            return RotationPlan(
                profile: name, limit: listed.limit,
                entries: listed.credentials.map { .init($0, known.standing(of: $0, lost: lost)) },
                rotation: open.first { $0.isUnfinished(at: environment.now()) } ?? open.first)
        }
    }

    /// Of credentials without names the record alone knows that one came up whose secret was lost.
    private func lost(_ profile: Profile) async throws(VaultError) -> Set<String> {
        guard profile.destination.provider == .databricks else { return [] }
        var lost: Set<String> = []
        let query = AuditQuery(
            profiles: [profile.name.description], actions: [.addCredential, .removeCredential])
        for entry in try await AuditLog(records: journal.records).entries(query) {
            guard let keyID = entry.event.keyID?.lowercased() else { continue }
            switch (entry.event.action, entry.event.outcome) {
            case (.addCredential, .failed): lost.insert(keyID)
            case (.removeCredential, .ok): lost.remove(keyID)
            default: break
            }
        }
        return lost
    }
}
