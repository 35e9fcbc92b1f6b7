internal import FoundationEssentials

/// A new credential that was made elsewhere: stored, tried once, and only then used; whoever has it can be asked again.
struct SecretReplacement: Sendable {
    let rotator: Rotator
    let locks: LockFile

    func replaceSecret(
        of name: ProfileName, with secret: SharedSecret, expiresAt: Date?, grace: TimeInterval, retiring: [String]
    ) async throws(VaultError) -> Rotation {
        let journal = rotator.journal
        let (profile, present) = try journal.records.read { (snapshot) throws(VaultError) in
            let record = try snapshot.profile(named: name)
            return (record.profile, SharedSecret(try snapshot.secret(of: record)))
        }
        guard profile.credential.kind != .federated else {
            throw VaultError(
                .usage, "profile \(name) has no secret of its own: it proves itself with the assertion of another",
                hint: "vaultctl edit \(name) changes where that is taken from")
        }
        guard let lock = try locks.takeIfFree(.rotation(.application(profile, journal.records.keyring))) else {
            throw .isBeingRotated(name)
        }
        defer { lock.release() }
        let now = rotator.environment.now()
        let offered = try OfferedCredential(
            secret.bytes, kind: profile.credential.kind, form: profile.credential.assertionForm, expiresAt: expiresAt,
            for: profile.destination, now: now)
        // The old one is removed at the end, and is on the record as replaced: it must be another.
        guard !offered.secret.equals(present.bytes) else {
            throw VaultError(
                .exists, "that is the credential which profile \(name) has already; nothing was changed",
                hint: "give the new one, or have it made: vaultctl rotate \(name)")
        }
        var removing = retiring
        if profile.credential.rotation != nil, let old = profile.credential.keyID { removing.append(old) }
        let rotation = Rotation(
            id: .random(), profile: profile.id, state: .obtained, startedAt: now, grace: grace,
            oldKeyID: profile.credential.keyID, newKeyID: offered.description.keyID, removing: removing)
        let newExpiresAt = offered.description.expiresAt
        try await journal.begin(rotation, new: SharedSecret(offered.takeSecret()), expiresAt: newExpiresAt)
        let end: Rotator.End
        do throws(VaultError) {
            end = try await rotator.drive(rotation, waits: false)
        } catch {
            // What came between it and its use, as a profile that was changed meanwhile: begun anew by whoever has it.
            if try journal.rotations(of: profile.id).contains(where: { $0.id == rotation.id && $0.state == .obtained })
            {
                _ = try await rotator.giveUp(rotation, because: error)
            }
            throw error
        }
        switch end {
        case .kept(let rotation): return rotation
        case .undone(let error): throw error ?? VaultError(.internalError, "a rotation ended without a reason")
        case .finished:
            // The grace was over at once.
            var finished = rotation
            finished.state = .retired
            return finished
        }
    }
}
