internal import FoundationEssentials

/// What is taken away at the provider: what is not used any more, what of ours was made twice, what the user named.
extension Rotator {
    /// Removes what is not used any more.
    func remove(_ rotation: Rotation, because error: VaultError?) async throws(VaultError) {
        let subject = try journal.subject(rotation)
        let profile = subject.profile.profile
        let registry = try self.registry(subject)
        if rotation.state == .rolledBack { try await removeTwins(of: rotation) }
        // What was made a moment ago may not be known yet to whoever is asked to remove it. All that a rotation removes was
        // there when it began, but for its own.
        let deadline = deadline(rotation.state == .rolledBack ? rotation.changedAt : rotation.startedAt)
        for keyID in rotation.removals {
            while true {
                let isGone = try await isRemoved(keyID, of: profile, registry)
                guard !isGone, environment.now() < deadline else { break }
                try await environment.pause(2)
            }
        }
        try await journal.noteRemoved(rotation, because: error)
    }

    private func isRemoved(
        _ keyID: String, of profile: Profile, _ registry: any CredentialRegistry
    ) async throws(VaultError) -> Bool {
        do throws(VaultError) {
            return try await patiently(with: profile) { () async throws(VaultError) in try await registry.remove(keyID)
            }
        } catch {
            // With the application all of its credentials are gone.
            guard error.isMissingPrincipal else { throw error }
            return true
        }
    }

    /// Removes what bears a rotation's name beside its credential: a box in between may have sent the request that makes one
    /// twice. Where there are no names, what came up is told.
    func removeTwins(of rotation: Rotation) async throws(VaultError) {
        guard rotation.isMadeHere else { return }
        let subject = try journal.subject(rotation)
        let profile = subject.profile.profile
        let registry = try self.registry(subject)
        let deadline = deadline(rotation.startedAt)
        var listed: RegisteredCredentials
        do throws(VaultError) {
            listed = try await patiently(with: profile) { () async throws(VaultError) in try await registry.list() }
            // A list that knows the new one knows its twin, too.
            while let keyID = rotation.newKeyID, !listed.contains(keyID), environment.now() < deadline {
                try await environment.pause(2)
                listed = try await patiently(with: profile) { () async throws(VaultError) in try await registry.list() }
            }
        } catch {
            guard error.isMissingPrincipal else { throw error }
            return
        }
        for twin in rotation.twins(in: listed.credentials) {
            try await removeNow(twin, of: profile, registry, why: "rotation \(rotation.id): it was made twice")
        }
        let unexplained = listed.unexplained(by: rotation)
        guard !unexplained.isEmpty, rotation.state != .rolledBack else { return }
        report(
            .note(
                "secret \(unexplained.joined(separator: ", ")) came up during the rotation, and is not known here: "
                    + "vaultctl rotation orphans"))
        for keyID in unexplained { try await journal.noteStrange(keyID, rotation) }
    }

    /// Removes one credential, with an entry before and after.
    func removeNow(
        _ keyID: String, of profile: Profile, _ registry: any CredentialRegistry, why: String
    ) async throws(VaultError) {
        try await journal.note(.started, removalOf: keyID, of: profile.id, why: why)
        do throws(VaultError) {
            let wasThere = try await patiently(with: profile) { () async throws(VaultError) in
                try await registry.remove(keyID)
            }
            try await journal.note(.ok, removalOf: keyID, of: profile.id, why: wasThere ? why : "it was gone already")
        } catch {
            try await journal.note(
                error.auditOutcome, removalOf: keyID, of: profile.id, why: "\(why); \(error.message)")
            throw error
        }
    }
}

extension Rotation {
    /// Credentials that bear this rotation's name, or its certificate, beside the one that is meant.
    fileprivate func twins(in listed: [RegisteredCredential]) -> [String] {
        let own = newKeyID?.lowercased()
        let named = listed.filter { $0.name == marker && $0.keyID.lowercased() != own }.map(\.keyID)
        // Certificates go by their thumbprint, which twins share; then the hint is the provider's id.
        let same = listed.filter { $0.keyID.lowercased() == own }.dropFirst().compactMap(\.hint)
        return named + same.filter(TenantName.isGUID)
    }
}
