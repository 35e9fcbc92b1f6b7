internal import FoundationEssentials

/// What is written down of a rotation: before each call that changes something outside, and once it is known what came of
/// it. Every step is one durable transaction with its entries.
struct RotationJournal: Sendable {
    let records: Records
    let commits: GroupCommit
    let environment: VaultEnvironment

    /// What a rotation works with, as of one moment.
    struct Subject: Sendable {
        let rotation: Rotation
        let profile: ProfileRecord
        /// The profile's credential.
        let current: SharedSecret
        /// Those of the rotation; empty while they are not held.
        let old: SharedSecret
        let new: SharedSecret
    }

    func subject(_ rotation: Rotation) throws(VaultError) -> Subject {
        try records.read { (snapshot) throws(VaultError) in try snapshot.subject(rotation) }
    }

    // MARK: Beginning

    /// Stores the intent: from now on the call that makes the credential may have gone out.
    ///
    /// - Parameter new: the new credential where it is there already: a certificate's key, or a secret made elsewhere.
    /// - Throws: code `tryAgain` when another rotation of the profile came first.
    func begin(
        _ rotation: Rotation, new: SharedSecret?, expiresAt: Date?
    ) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            guard let record = try transaction.snapshot.profile(id: rotation.profile) else { throw .profileIsGone }
            for stored in try transaction.snapshot.rotations(of: rotation.profile)
            where stored.rotation.state != .promoted {
                // What a killed process left of one made elsewhere: the profile's own credential is not in it alone.
                guard !stored.rotation.isMadeHere, stored.rotation.state == .obtained else {
                    throw .hasUnfinishedRotation(stored.rotation)
                }
                try transaction.delete(stored)
            }
            let secrets = RotationSecrets(old: SecretBytes(), new: new?.bytes.copy() ?? SecretBytes())
            try transaction.insert(rotation, secrets: secrets, terms: .init(newExpiresAt: expiresAt))
            try transaction.append(Self.event(environment, .rotate, .started, record.profile, rotation))
            if rotation.state == .planned {
                try transaction.append(Self.event(environment, .addCredential, .started, record.profile, rotation))
            }
        }
    }

    // MARK: The new credential

    /// The provider did nothing, for certain, and is about to be asked once more.
    func noteAsking(_ rotation: Rotation, after error: VaultError) async throws(VaultError) -> Rotation {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let (stored, record) = try transaction.snapshot.stored(rotation)
            var again = rotation
            again.changedAt = environment.now()
            try transaction.update(stored, to: again, secrets: try transaction.snapshot.secrets(of: stored))
            try transaction.append(Self.event(environment, .addCredential, record.profile, rotation, because: error))
            try transaction.append(Self.event(environment, .addCredential, .started, record.profile, rotation))
            return again
        }
    }

    /// Stores what the provider made.
    func noteMade(
        _ rotation: Rotation, keyID: String, expiresAt: Date?, secret: SharedSecret?
    ) async throws(VaultError) -> Rotation {
        try await change(rotation, .made(keyID: keyID)) { (transaction, stored, next, record) throws(VaultError) in
            let secrets = try transaction.snapshot.secrets(of: stored).with(new: secret)
            var terms = stored.terms
            terms.newExpiresAt = expiresAt ?? terms.newExpiresAt
            try transaction.update(stored, to: next, secrets: secrets, terms: terms)
            try transaction.append(Self.event(environment, .addCredential, .ok, record.profile, next, keyID: keyID))
        }
    }

    /// The provider made none, as is known now: the rotation is over.
    ///
    /// - Parameter lost: the ids of credentials that came up, which are nobody's as far as is known here.
    func noteNotMade(
        _ rotation: Rotation, because error: VaultError, lost: [String] = []
    ) async throws(VaultError) {
        try await end(rotation, .notMade) { (transaction, _, record) throws(VaultError) in
            for keyID in lost {
                var event = Self.event(environment, .addCredential, .failed, record.profile, rotation, keyID: keyID)
                event.detail = "rotation \(rotation.id): it came up, and its secret is not known here"
                try transaction.append(event)
            }
            if lost.isEmpty {
                try transaction.append(
                    Self.event(environment, .addCredential, record.profile, rotation, because: error))
            }
            try transaction.append(Self.event(environment, .rotate, record.profile, rotation, because: error))
        }
    }

    /// The provider made one whose secret was lost on its way: it is to be removed.
    func noteUnreadable(_ rotation: Rotation, keyID: String) async throws(VaultError) -> Rotation {
        try await change(rotation, .foundUnreadable(keyID: keyID)) {
            (transaction, stored, next, record) throws(VaultError) in
            try transaction.update(stored, to: next, secrets: RotationSecrets(old: SecretBytes(), new: SecretBytes()))
            var event = Self.event(environment, .addCredential, .failed, record.profile, next, keyID: keyID)
            event.detail = "rotation \(rotation.id): it was made, and its secret was lost on its way"
            try transaction.append(event)
            try transaction.append(
                Self.event(environment, .removeCredential, .started, record.profile, next, keyID: keyID))
        }
    }

    /// Gives the new credential up. One that was made elsewhere is forgotten at once.
    ///
    /// - Returns: nil when the rotation is over.
    func giveUp(_ rotation: Rotation, because error: VaultError) async throws(VaultError) -> Rotation? {
        guard rotation.isMadeHere else {
            try await end(rotation, .givenUp) { (transaction, stored, record) throws(VaultError) in
                if rotation.state == .promoted { try Self.restore(stored, record, environment, &transaction) }
                try transaction.append(Self.event(environment, .rotate, record.profile, rotation, because: error))
            }
            return nil
        }
        return try await change(rotation, .givenUp) { (transaction, stored, next, record) throws(VaultError) in
            if rotation.state == .promoted { try Self.restore(stored, record, environment, &transaction) }
            try transaction.update(stored, to: next, secrets: RotationSecrets(old: SecretBytes(), new: SecretBytes()))
            var event = Self.event(
                environment, .removeCredential, .started, record.profile, next, keyID: rotation.newKeyID)
            event.detail = "rotation \(rotation.id): \(error.message)"
            try transaction.append(event)
        }
    }

    func noteVerified(_ rotation: Rotation) async throws(VaultError) -> Rotation {
        try await change(rotation, .verified) { (transaction, stored, next, record) throws(VaultError) in
            try transaction.update(stored, to: next, secrets: try transaction.snapshot.secrets(of: stored))
            var event = Self.event(environment, .check, .ok, record.profile, next, keyID: next.newKeyID)
            event.detail = "rotation \(rotation.id): the new credential is accepted"
            try transaction.append(event)
        }
    }

    // MARK: Parts

    /// Writes what `event` makes of a rotation, if it is still as the caller knows it.
    func change(
        _ rotation: Rotation, _ event: Rotation.Event,
        _ body:
            @escaping @Sendable (
                inout WriteTransaction, StoredRotation, Rotation, ProfileRecord
            ) throws(VaultError) -> Void
    ) async throws(VaultError) -> Rotation {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let (stored, record) = try transaction.snapshot.stored(rotation)
            guard let next = try rotation.after(event, at: environment.now()) else {
                throw VaultError(.internalError, "a rotation that is over has no row")
            }
            try body(&transaction, stored, next, record)
            guard
                let written = try transaction.snapshot.rotations(of: next.profile).first(where: {
                    $0.rotation.id == next.id
                })
            else { throw VaultError(.internalError, "a rotation was not written") }
            return written.rotation
        }
    }

    /// Removes the row of a rotation that `event` ends.
    func end(
        _ rotation: Rotation, _ event: Rotation.Event,
        _ body:
            @escaping @Sendable (inout WriteTransaction, StoredRotation, ProfileRecord) throws(VaultError) -> Void
    ) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let (stored, record) = try transaction.snapshot.stored(rotation)
            guard try rotation.after(event, at: environment.now()) == nil else {
                throw VaultError(.internalError, "a rotation that goes on keeps its row")
            }
            try body(&transaction, stored, record)
            try transaction.delete(stored)
        }
    }

    static func event(
        _ environment: VaultEnvironment, _ action: AuditAction, _ outcome: AuditOutcome, _ profile: Profile,
        _ rotation: Rotation, keyID: String? = nil
    ) -> AuditEvent {
        var event = AuditEvent(environment, action, outcome, profile)
        event.keyID = keyID
        event.detail = "rotation \(rotation.id)"
        return event
    }

    static func event(
        _ environment: VaultEnvironment, _ action: AuditAction, _ profile: Profile, _ rotation: Rotation,
        because error: VaultError
    ) -> AuditEvent {
        var event = AuditEvent(environment, action, error.auditOutcome, profile)
        event.code = error.code.rawValue
        event.refusal = error.refusal
        event.detail = "rotation \(rotation.id): \(error.message)"
        return event
    }
}

extension Snapshot {
    /// - Throws: code `notFound` when there is none of that id.
    fileprivate func subject(_ rotation: Rotation) throws(VaultError) -> RotationJournal.Subject {
        guard let record = try profile(id: rotation.profile) else { throw .profileIsGone }
        guard let stored = try rotations(of: rotation.profile).first(where: { $0.rotation.id == rotation.id }) else {
            throw .noRotation(rotation.id.description)
        }
        let secrets = try secrets(of: stored)
        return RotationJournal.Subject(
            rotation: stored.rotation, profile: record, current: SharedSecret(try secret(of: record)),
            old: SharedSecret(secrets.old.copy()), new: SharedSecret(secrets.takeNew()))
    }

    /// The row of a rotation that is as the caller knows it.
    func stored(_ rotation: Rotation) throws(VaultError) -> (StoredRotation, ProfileRecord) {
        guard let record = try profile(id: rotation.profile) else { throw .profileIsGone }
        guard let stored = try rotations(of: rotation.profile).first(where: { $0.rotation.id == rotation.id }),
            stored.rotation.state == rotation.state
        else { throw .changedMeanwhile(record.profile.name) }
        return (stored, record)
    }
}

extension GrantRequest {
    /// Whether both ask as the same client, in the same way and at the same place.
    func isSameIdentity(as other: GrantRequest) -> Bool {
        var mine = self
        mine.correlationID = other.correlationID
        return mine == other
    }
}
