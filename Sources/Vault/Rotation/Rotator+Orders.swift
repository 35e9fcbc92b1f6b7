internal import FoundationEssentials

/// What can be asked of a rotation that is there already.
extension Rotator {
    /// - Returns: the rotation in its grace; nil when it is over.
    func resume(_ id: RowID, waits: Bool) async throws(VaultError) -> Rotation? {
        let rotation = try journal.subject(id).rotation
        guard rotation.isMadeHere || rotation.state != .obtained else {
            throw VaultError(
                .usage, "the secret of the rotation was made elsewhere: give it again",
                hint: "vaultctl rotate NAME --secret-stdin")
        }
        switch try await drive(rotation, waits: waits) {
        case .kept(let rotation): return rotation
        case .finished: return nil
        case .undone(let error):
            if let error { throw error }
            report(.note("nothing came of it, and nothing is left of it: the old credential is in use"))
            return nil
        }
    }

    /// Ends the grace now; what is not that far goes on until there.
    func finish(_ id: RowID) async throws(VaultError) -> Rotation? {
        guard let kept = try await resume(id, waits: false) else { return nil }
        guard let retired = try await journal.retire(kept) else { return nil }
        return try await resume(retired.id, waits: false)
    }

    /// Gives up the new credential. In the grace the profile goes back to the old one, if that is still accepted.
    func rollBack(_ id: RowID) async throws(VaultError) {
        var rotation = try journal.subject(id).rotation
        if rotation.state == .planned {
            // What was begun may have taken effect: found out first.
            guard let found = try await find(rotation) else { return }
            rotation = found
        }
        let why = VaultError(.tryAgain, "it was rolled back")
        switch rotation.state {
        case .planned, .rolledBack:
            try await remove(rotation, because: why)
        case .obtained, .verified:
            _ = try await giveUp(rotation, because: why)
        case .promoted:
            let subject = try journal.subject(id)
            do throws(VaultError) {
                try await accepts(subject.old, try Self.grant(subject), of: subject)
            } catch {
                throw VaultError(
                    error.code,
                    "the old credential is not accepted any more, so that the new one stays: \(error.message)",
                    hint: error.hint, refusal: error.refusal)
            }
            _ = try await giveUp(rotation, because: why)
        case .retired:
            throw VaultError(
                .usage, "the old credential is being removed already", hint: "vaultctl rotation resume \(rotation.id)")
        }
    }

    /// Removes credentials that are nobody's, as the user says who named them.
    func discard(_ keyIDs: [String], of profile: Profile, manager: Profile?) async throws(VaultError) {
        let (_, current) = try journal.profile(profile.id)
        let registry = try registries.registry(of: profile, current: current, manager: manager)
        guard !keyIDs.contains(where: { $0.lowercased() == profile.credential.keyID?.lowercased() }) else {
            throw VaultError(.usage, "that is the credential that \(profile.name) uses")
        }
        for keyID in keyIDs {
            try await removeNow(keyID, of: profile, registry, why: "an orphan, removed as was asked for")
        }
    }

    /// Removes one credential, with an entry before and after.
    func removeNow(
        _ keyID: String, of profile: Profile, _ registry: any CredentialRegistry, why: String
    ) async throws(VaultError) {
        try await journal.note(.started, removalOf: keyID, of: profile.id, rotation: nil, why: why)
        let wasThere = try await patiently(with: profile) { () async throws(VaultError) in
            try await registry.remove(keyID)
        }
        try await journal.note(
            .ok, removalOf: keyID, of: profile.id, rotation: nil, why: wasThere ? why : "it was gone already")
    }
}

extension RotationJournal {
    func rotations(of profile: RowID) throws(VaultError) -> [Rotation] {
        try records.read { (snapshot) throws(VaultError) in try snapshot.rotations(of: profile).map(\.rotation) }
    }

    /// A profile as it is now, with its credential.
    func profile(_ id: RowID) throws(VaultError) -> (ProfileRecord, SharedSecret) {
        try records.read { (snapshot) throws(VaultError) in
            guard let record = try snapshot.profile(id: id) else { throw .profileIsGone }
            return (record, SharedSecret(try snapshot.secret(of: record)))
        }
    }
}
