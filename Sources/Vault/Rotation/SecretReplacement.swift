internal import FoundationEssentials

/// Replaces a profile's credential by one that was made elsewhere: stored first, verified, then promoted; the old one is
/// kept for the grace. Until it is promoted nothing that works is given up, an earlier rotation's old credential neither.
struct SecretReplacement: Sendable {
    let commits: GroupCommit
    let provider: any CredentialProvider
    let environment: VaultEnvironment

    func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval
    ) async throws(VaultError) -> Rotation {
        let new = SharedSecret(secret)
        let (rotation, wish) = try await begin(name, new: new, expiresAt: expiresAt)
        do throws(VaultError) {
            _ = try await provider.accessToken(for: wish.grant, secret: new.bytes)
            return try await promote(rotation, wish, grace: grace)
        } catch {
            throw await abandon(rotation, wish, error)
        }
    }

    /// Stores both credentials and the intent, before anything leaves the machine.
    private func begin(
        _ name: ProfileName, new: SharedSecret, expiresAt: Date?
    ) async throws(VaultError) -> (Rotation, TokenWish) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            let wish = try TokenWish(record, audience: nil, tenant: nil, keyring: transaction.keyring)
            let profile = record.profile
            guard profile.credential.kind != .federated else {
                throw VaultError(
                    .usage, "profile \(name) has no secret of its own: it proves itself with the assertion of another",
                    hint: "vaultctl edit \(name) changes where that is taken from")
            }
            let offered = try OfferedCredential(
                new.bytes, kind: profile.credential.kind, form: profile.credential.assertionForm, expiresAt: expiresAt,
                for: profile.destination, now: environment.now())
            // What a killed process left half done; the profile's own credential is not in it alone.
            try transaction.deleteRotations(of: profile.id) { $0.state == .obtained }
            let rotation = Rotation(
                id: .random(), profile: profile.id, state: .obtained, startedAt: environment.now(),
                oldKeyID: profile.credential.keyID, newKeyID: offered.description.keyID)
            let newExpiresAt = offered.description.expiresAt
            let secrets = RotationSecrets(
                old: try transaction.snapshot.secret(of: record), new: offered.takeSecret())
            try transaction.insert(
                rotation, secrets: secrets, oldExpiresAt: profile.credential.expiresAt, newExpiresAt: newExpiresAt)
            try transaction.append(wish.event(.rotate, .started, in: environment))
            return (rotation, wish)
        }
    }

    /// The provider did not accept it, or something else came between: everything stays as it was.
    private func abandon(_ rotation: Rotation, _ wish: TokenWish, _ error: VaultError) async -> VaultError {
        do throws(VaultError) {
            try await commits.write { [environment] (transaction) throws(VaultError) in
                try transaction.deleteRotations(of: rotation.profile) { $0.id == rotation.id }
                var event = wish.event(.rotate, error.auditOutcome, in: environment)
                event.code = error.code.rawValue
                event.refusal = error.refusal
                event.detail = error.message
                try transaction.append(event)
            }
            return error
        } catch let second {
            return VaultError(
                error.code, "\(error.message); and it could not be recorded: \(second.message)", hint: error.hint,
                refusal: error.refusal)
        }
    }

    private func promote(
        _ rotation: Rotation, _ wish: TokenWish, grace: TimeInterval
    ) async throws(VaultError) -> Rotation {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            // By its id, because it may have been renamed; who it is and where it asks must be what was verified.
            guard let record = try transaction.snapshot.profile(id: rotation.profile),
                let stored = try transaction.snapshot.rotations(of: rotation.profile)
                    .first(where: { $0.rotation.id == rotation.id }),
                try TokenWish(record, audience: wish.audience, tenant: nil, keyring: transaction.keyring).tag
                    == wish.tag
            else { throw .changedMeanwhile(wish.record.profile.name) }
            let secrets = try transaction.snapshot.secrets(of: stored)
            let now = environment.now()
            var profile = record.profile
            profile.credential.keyID = stored.rotation.newKeyID
            profile.credential.storedAt = now
            profile.credential.expiresAt = stored.newExpiresAt
            profile.updatedAt = now
            try transaction.update(record, to: profile, secret: secrets.new)
            // An earlier rotation in its grace ends here, and not before: until now its old credential was of use.
            try transaction.deleteRotations(of: profile.id) { $0.id != rotation.id }
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
