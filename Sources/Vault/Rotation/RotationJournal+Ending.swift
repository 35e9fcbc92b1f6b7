internal import FoundationEssentials

/// The end of a rotation: what is forgotten here, and what is known to be gone at the provider.
extension RotationJournal {
    /// Forgets the old credential, which is about to be removed.
    ///
    /// - Returns: nil when there is nothing to be removed, and the rotation is over.
    func retire(_ rotation: Rotation) async throws(VaultError) -> Rotation? {
        let over: @Sendable (Profile) -> AuditEvent = { [environment] profile in
            var event = Self.event(environment, .rotate, .ok, profile, rotation, keyID: rotation.oldKeyID)
            event.detail = AuditEvent.graceIsOver
            return event
        }
        guard !rotation.removing.isEmpty else {
            try await end(rotation, .graceOver) { (transaction, _, record) throws(VaultError) in
                try transaction.append(over(record.profile))
            }
            return nil
        }
        return try await change(rotation, .graceOver) { (transaction, stored, next, record) throws(VaultError) in
            try transaction.update(stored, to: next, secrets: RotationSecrets(old: SecretBytes(), new: SecretBytes()))
            try transaction.append(over(record.profile))
            for keyID in next.removals {
                try transaction.append(
                    Self.event(environment, .removeCredential, .started, record.profile, next, keyID: keyID))
            }
        }
    }

    /// All that was to be removed is gone.
    ///
    /// - Parameter error: why it was given up; nil when it was not, or nobody knows any more.
    func noteRemoved(_ rotation: Rotation, because error: VaultError?) async throws(VaultError) {
        try await end(rotation, .removed) { (transaction, _, record) throws(VaultError) in
            for keyID in rotation.removals {
                try transaction.append(
                    Self.event(environment, .removeCredential, .ok, record.profile, rotation, keyID: keyID))
            }
            if rotation.state == .rolledBack {
                let error = error ?? VaultError(.tryAgain, "it was rolled back")
                try transaction.append(Self.event(environment, .rotate, record.profile, rotation, because: error))
            }
        }
    }

    /// Puts one removal onto the record that belongs to no step: of a credential that was made twice, or that is in the way.
    func note(
        _ outcome: AuditOutcome, removalOf keyID: String, of profile: RowID, why: String
    ) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            guard let record = try transaction.snapshot.profile(id: profile) else { throw .profileIsGone }
            var event = AuditEvent(environment, .removeCredential, outcome, record.profile)
            event.keyID = keyID
            event.detail = why
            try transaction.append(event)
        }
    }

    /// Puts a credential onto the record that came up during a rotation, and that nobody here knows.
    func noteStrange(_ keyID: String, _ rotation: Rotation) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            guard let record = try transaction.snapshot.profile(id: rotation.profile) else { throw .profileIsGone }
            var event = Self.event(environment, .addCredential, .failed, record.profile, rotation, keyID: keyID)
            event.detail = "rotation \(rotation.id): it came up, and its secret is not known here"
            try transaction.append(event)
        }
    }
}
