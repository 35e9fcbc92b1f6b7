internal import FoundationEssentials

/// What rotations would meet: the credentials that providers have, and what each of them is to this vault. Changes nothing but
/// the record, which tells of the tokens that it takes.
struct RotationPlanning: Sendable {
    let journal: RotationJournal
    let registries: Registries
    let environment: VaultEnvironment
    let manager: Profile?

    func plan(_ name: ProfileName) async throws(VaultError) -> RotationPlan {
        let (profile, current, rotation, known) = try journal.records.read { (snapshot) throws(VaultError) in
            let record = try snapshot.profile(named: name)
            let open = try snapshot.rotations(of: record.profile.id).map(\.rotation)
            return (
                record.profile, SharedSecret(try snapshot.secret(of: record)),
                open.first { $0.isUnfinished(at: environment.now()) } ?? open.first,
                try Known(record.profile, snapshot)
            )
        }
        let lost = try await lost(profile)
        let listed = try await registries.registry(of: profile, current: current, manager: manager).list()
        return RotationPlan(
            profile: name, limit: listed.limit,
            entries: listed.credentials.map { .init($0, known.standing(of: $0, lost: lost)) }, rotation: rotation)
    }

    /// What this vault knows of the credentials of one application.
    private struct Known {
        var current: Set<String> = []
        var rotating: Set<String> = []
        var markers: Set<String> = []

        init(_ profile: Profile, _ snapshot: Snapshot) throws(VaultError) {
            let tag = RowTag.application(profile, snapshot.keyring)
            let same = try snapshot.profiles().filter { RowTag.application($0, snapshot.keyring) == tag }
            current = Set(same.compactMap { $0.credential.keyID?.lowercased() })
            for other in same {
                for stored in try snapshot.rotations(of: other.id) {
                    let rotation = stored.rotation
                    let ids = [rotation.oldKeyID, rotation.newKeyID].compactMap(\.self) + rotation.removing
                    rotating.formUnion(ids.map { $0.lowercased() })
                    markers.insert(rotation.marker)
                }
            }
        }

        func standing(of credential: RegisteredCredential, lost: Set<String>) -> CredentialStanding {
            let keyID = credential.keyID.lowercased()
            if current.contains(keyID) { return .current }
            if rotating.contains(keyID) { return .rotating }
            if let name = credential.name, markers.contains(name) { return .rotating }
            if credential.name?.hasMarker == true || lost.contains(keyID) { return .orphan }
            return .foreign
        }
    }

    /// Of credentials without names the record alone knows that one came up whose secret was lost.
    private func lost(_ profile: Profile) async throws(VaultError) -> Set<String> {
        guard profile.destination.provider == .databricks else { return [] }
        var lost: Set<String> = []
        let query = AuditQuery(
            profile: profile.name.description, actions: [.addCredential, .removeCredential])
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

extension String {
    /// Whether a certificate's or a secret's name is one that a vault gave.
    fileprivate var hasMarker: Bool {
        hasPrefix(Rotation.markerPrefix) || hasPrefix("CN=" + Rotation.markerPrefix)
    }
}
