internal import FoundationEssentials

/// What can be asked of a rotation that is there already.
extension Rotator {
    /// - Returns: the rotation in its grace; nil when it is over.
    func resume(_ rotation: Rotation, waits: Bool) async throws(VaultError) -> Rotation? {
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
    func finish(_ rotation: Rotation) async throws(VaultError) -> Rotation? {
        guard let kept = try await resume(rotation, waits: false), let retired = try await retire(kept) else {
            return nil
        }
        return try await resume(retired, waits: false)
    }

    /// Gives up the new credential. In the grace the profile goes back to the old one, if that is still accepted.
    func rollBack(_ begun: Rotation) async throws(VaultError) {
        var rotation = begun
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
            guard try journal.rotations(of: rotation.profile).allSatisfy({ $0.startedAt <= rotation.startedAt }) else {
                throw VaultError(
                    .usage, "the profile's credential was replaced again since", hint: "vaultctl rotation list")
            }
            try await confirmOld(rotation)
            _ = try await giveUp(rotation, because: why)
        case .retired:
            throw VaultError(
                .usage, "the old credential is being removed already", hint: "vaultctl rotation resume \(rotation.id)")
        }
    }

    private func confirmOld(_ rotation: Rotation) async throws(VaultError) {
        let subject = try journal.subject(rotation)
        let grant = try Self.grant(subject)
        do throws(VaultError) {
            try await accepts(subject.old, grant, of: subject)
        } catch {
            guard error.code == .refused else { throw error }
            throw VaultError(
                error.code, "the old credential is not accepted any more, so that the new one stays: \(error.message)",
                hint: error.hint, refusal: error.refusal)
        }
    }

    /// Removes credentials that were found to be nobody's, as the user says who named them.
    ///
    /// - Throws: code `usage` for one that this vault uses, as it is now.
    func discard(_ keyIDs: [String], of profile: Profile) async throws(VaultError) {
        let (_, current) = try journal.profile(profile.id)
        let registry = try registries.registry(of: profile, current: current, manager: manager)
        let listed = try await patiently(with: profile) { () async throws(VaultError) in try await registry.list() }
        // Asked after the list: what began since is in the vault.
        let known = try journal.records.read { (snapshot) throws(VaultError) in try KnownCredentials(profile, snapshot)
        }
        for keyID in keyIDs {
            guard let credential = listed.credentials.first(where: { $0.keyID.lowercased() == keyID.lowercased() })
            else {
                continue
            }
            let standing = known.standing(of: credential, lost: [])
            guard standing != .current, standing != .rotating else {
                throw VaultError(.usage, "\(keyID) is a credential that this vault uses")
            }
            try await removeNow(keyID, of: profile, registry, why: "an orphan, removed as was asked for")
        }
    }
}

extension RotationJournal {
    /// A rotation as it is now.
    func current(_ rotation: Rotation) throws(VaultError) -> Rotation {
        guard let current = try rotations(of: rotation.profile).first(where: { $0.id == rotation.id }) else {
            throw .noRotation(rotation.id.description)
        }
        return current
    }

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
