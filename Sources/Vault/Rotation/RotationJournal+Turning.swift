internal import FoundationEssentials

/// The turn from the old credential to the new one, and back.
extension RotationJournal {
    /// Has the profile use the new credential; the rotation keeps the old one.
    ///
    /// - Parameter grant: what was verified: who it is and where it asks must be the same still.
    func promote(_ rotation: Rotation, verified grant: GrantRequest) async throws(VaultError) -> Rotation {
        try await change(rotation, .promoted) { (transaction, stored, next, record) throws(VaultError) in
            guard GrantRequest(record.profile, audience: grant.audience).isSameIdentity(as: grant) else {
                throw .changedMeanwhile(record.profile.name)
            }
            let secrets = try transaction.snapshot.secrets(of: stored)
            let old = try transaction.snapshot.secret(of: record)
            var terms = stored.terms
            terms.oldExpiresAt = record.profile.credential.expiresAt
            terms.oldRotation = record.profile.credential.rotation
            var promoted = next
            promoted.oldKeyID = record.profile.credential.keyID
            var profile = record.profile
            profile.credential.keyID = rotation.newKeyID
            profile.credential.storedAt = environment.now()
            profile.credential.expiresAt = stored.terms.newExpiresAt
            profile.credential.rotation = rotation.isMadeHere ? rotation.id : nil
            profile.updatedAt = environment.now()
            try transaction.update(record, to: profile, secret: secrets.new)
            // An earlier rotation in its grace ends here, and not before: until now its old credential was of use.
            try transaction.deleteRotations(of: profile.id) { $0.id != rotation.id && $0.removing.isEmpty }
            try transaction.update(
                stored, to: promoted, secrets: RotationSecrets(old: old, new: SecretBytes()), terms: terms)
            var event = Self.event(environment, .rotate, .ok, profile, promoted, keyID: promoted.newKeyID)
            event.audience = grant.audience.description
            try transaction.append(event)
        }
    }

    /// The profile uses its old credential again.
    static func restore(
        _ stored: StoredRotation, _ record: ProfileRecord, _ environment: VaultEnvironment,
        _ transaction: inout WriteTransaction
    ) throws(VaultError) {
        let others = try transaction.snapshot.rotations(of: record.profile.id)
        guard others.allSatisfy({ $0.rotation.startedAt <= stored.rotation.startedAt }) else {
            throw .changedMeanwhile(record.profile.name)
        }
        let secrets = try transaction.snapshot.secrets(of: stored)
        guard !secrets.old.isEmpty else { throw .damaged("rotation \(stored.rotation.id): it keeps no old credential") }
        var profile = record.profile
        profile.credential.keyID = stored.rotation.oldKeyID
        profile.credential.expiresAt = stored.terms.oldExpiresAt
        profile.credential.rotation = stored.terms.oldRotation
        profile.credential.storedAt = environment.now()
        profile.updatedAt = environment.now()
        try transaction.update(record, to: profile, secret: secrets.old)
    }
}
