internal import FoundationEssentials

/// Replaces a profile's credential by one that was made elsewhere: stored first, verified, then promoted; the old one is
/// kept for the grace.
struct SecretReplacement: Sendable {
    let records: Records
    let provider: any CredentialProvider
    let environment: VaultEnvironment

    func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval
    ) async throws(VaultError) -> Rotation {
        let new = secret
        let (rotation, wish) = try begin(name, new: new, expiresAt: expiresAt)
        do throws(VaultError) {
            _ = try await provider.accessToken(for: wish.grant, secret: new)
        } catch {
            try abandon(rotation, wish, error)
            throw error
        }
        return try promote(rotation, wish, grace: grace)
    }

    /// Stores both credentials and the intent, before anything leaves the machine.
    private func begin(
        _ name: ProfileName, new: borrowing SecretBytes, expiresAt: Date?
    ) throws(VaultError) -> (Rotation, TokenWish) {
        let new = new.copy()
        return try records.write { (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            let wish = try TokenWish(record, audience: nil, tenant: nil, keyring: transaction.keyring)
            let profile = record.profile
            // One rotation of a profile at a time: an earlier one in its grace ends here.
            try transaction.deleteRotations { $0.profile == profile.id }
            let rotation = Rotation(
                id: .random(), profile: profile.id, state: .obtained, startedAt: environment.now(),
                oldKeyID: profile.credential.keyID)
            let secrets = RotationSecrets(old: try transaction.snapshot.secret(of: record), new: new.copy())
            try transaction.insert(
                rotation, secrets: secrets, oldExpiresAt: profile.credential.expiresAt, newExpiresAt: expiresAt)
            try transaction.append(wish.event(.rotate, .started, in: environment))
            return (rotation, wish)
        }
    }

    /// The provider did not accept it, or could not be asked: everything stays as it was.
    private func abandon(_ rotation: Rotation, _ wish: TokenWish, _ error: VaultError) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            try transaction.deleteRotations { $0.id == rotation.id }
            var event = wish.event(.rotate, error.auditOutcome, in: environment)
            event.refusal = error.refusal
            event.detail = error.message
            try transaction.append(event)
        }
    }

    private func promote(
        _ rotation: Rotation, _ wish: TokenWish, grace: TimeInterval
    ) throws(VaultError) -> Rotation {
        try records.write { (transaction) throws(VaultError) in
            guard
                let stored = try transaction.snapshot.rotations(of: rotation.profile)
                    .first(where: { $0.rotation.id == rotation.id })
            else { throw VaultError(.tryAgain, "another rotation of this profile began meanwhile") }
            let record = try transaction.snapshot.profile(named: wish.record.profile.name)
            let secrets = try transaction.snapshot.secrets(of: stored)
            let now = environment.now()
            var profile = record.profile
            profile.credential.keyID = nil
            profile.credential.storedAt = now
            profile.credential.expiresAt = stored.newExpiresAt
            profile.updatedAt = now
            try transaction.update(record, to: profile, secret: secrets.new)
            var promoted = stored.rotation
            promoted.state = .promoted
            promoted.graceUntil = now.addingTimeInterval(grace)
            // The profile's row holds the new one now; what is kept here is the old one.
            let kept = RotationSecrets(old: secrets.takeOld(), new: SecretBytes())
            try transaction.update(stored, to: promoted, secrets: kept)
            try transaction.append(wish.event(.rotate, .ok, in: environment))
            return promoted
        }
    }
}

extension Rotation {
    /// Whether the old credential is kept at that time.
    func keepsOld(at time: Date) -> Bool {
        state == .promoted && graceUntil.map { time < $0 } ?? true
    }
}

extension WriteTransaction {
    /// Forgets the old credentials of a profile whose grace is over.
    mutating func retireRotations(of profile: Profile, _ environment: VaultEnvironment) throws(VaultError) {
        let now = environment.now()
        let due = try snapshot.rotations(of: profile.id).filter {
            $0.rotation.state == .promoted && !$0.rotation.keepsOld(at: now)
        }
        for stored in due {
            try delete(stored.row, in: .rotation)
            var event = AuditEvent(environment, .rotate, .ok, profile)
            event.detail = "the grace is over; the old credential is forgotten"
            event.keyID = stored.rotation.oldKeyID
            try append(event)
        }
    }
}
