internal import FoundationEssentials

/// Takes one profile's credential from the intent to the end of the old one: asks the state machine what comes next, writes it
/// down, does it, and writes down what came of it. It can be killed anywhere and go on from the row that it finds.
struct Rotator: Sendable {
    let journal: RotationJournal
    let registries: Registries
    let provider: any CredentialProvider
    let environment: VaultEnvironment
    let rules: RotationRules
    let pace: RotationPace
    let reserve: ReserveFile
    let report: @Sendable (RotationReport.Content) -> Void

    /// How a rotation came to rest.
    enum End: Equatable {
        /// The old credential is kept until then.
        case kept(Rotation)
        /// The profile uses the new credential, and the old one is gone.
        case finished
        /// No new credential came about, and nothing of it is left.
        case undone(VaultError?)
    }

    // MARK: One after another

    /// Goes on with a rotation until it has to wait for the end of its grace.
    ///
    /// - Parameter waits: whether it waits for that, too.
    func drive(_ start: Rotation, waits: Bool) async throws(VaultError) -> End {
        var rotation = start
        while true {
            report(.went(rotation))
            switch rotation.step(at: environment.now()) {
            case .find:
                guard let found = try await find(rotation) else { return .undone(nil) }
                rotation = found
            case .verify:
                switch try await verify(rotation) {
                case .accepted: rotation = try await journal.noteVerified(rotation)
                case .refused(let error): return try await giveUp(rotation, because: error)
                }
            case .promote:
                let subject = try journal.subject(rotation.id)
                if rotation.isMadeHere { try await removeTwins(of: rotation, subject, try registry(subject)) }
                rotation = try await journal.promote(rotation, verified: try Self.grant(subject))
                tellWhatStays(rotation)
            case .keep(let time):
                guard waits else { return .kept(rotation) }
                try await environment.pause(time.timeIntervalSince(environment.now()))
            case .remove:
                if rotation.state == .promoted {
                    guard let retired = try await journal.retire(rotation) else { return .finished }
                    rotation = retired
                    report(.went(rotation))
                }
                try await remove(rotation, because: nil)
                return rotation.state == .retired ? .finished : .undone(nil)
            }
        }
    }

    /// Gives the new credential up and removes it; the profile uses, or goes back to, the old one.
    func giveUp(_ rotation: Rotation, because error: VaultError) async throws(VaultError) -> End {
        if let rotation = try await journal.giveUp(rotation, because: error) {
            report(.went(rotation))
            try await remove(rotation, because: error)
        }
        return .undone(error)
    }

    // MARK: Making

    /// Has the provider make the credential of a rotation that was just planned. The caller has taken the job for it, which is
    /// given back here.
    ///
    /// - Returns: nil when it is not known whether it did.
    /// - Throws: when it is certain that it did not; the rotation is over then.
    func make(
        _ new: NewCredential, of rotation: Rotation, at registry: any CredentialRegistry, tenant: String
    ) async throws(VaultError) -> Rotation? {
        var attempt = 0
        while true {
            do {
                return try await store(try await add(new, to: registry), of: rotation)
            } catch let failure as RegistryError {
                guard failure.isWithoutEffect else { return nil }
                guard failure.error.isTransient, let pause = pause(after: failure.error, attempt: attempt) else {
                    try await journal.noteNotMade(rotation, because: failure.error)
                    throw failure.error
                }
                if failure.error.retryAfter != nil { await pace.close(tenant, for: pause) }
                try await environment.pause(pause)
                attempt += 1
                try await pace.begin(tenant)
            } catch let error as VaultError {
                throw error
            } catch {
                throw VaultError(.internalError, "a credential could not be made in a way that is not known")
            }
        }
    }

    private func add(
        _ new: NewCredential, to registry: any CredentialRegistry
    ) async throws(RegistryError) -> MadeCredential {
        do throws(RegistryError) {
            let made = try await registry.add(new)
            await pace.end()
            return made
        } catch {
            await pace.end()
            throw error
        }
    }

    /// The provider shows the secret once: it must be stored now, or at least be told where it can be kept.
    private func store(_ made: consuming MadeCredential, of rotation: Rotation) async throws(VaultError) -> Rotation {
        let (keyID, expiresAt) = (made.keyID, made.expiresAt)
        var secret: SharedSecret?
        if let bytes = made.takeSecret() { secret = SharedSecret(bytes) }
        do throws(VaultError) {
            return try await journal.noteMade(rotation, keyID: keyID, expiresAt: expiresAt, secret: secret)
        } catch  where error.code == .inputOutput {
            // There was room set aside for this.
            try reserve.release()
        }
        do throws(VaultError) {
            return try await journal.noteMade(rotation, keyID: keyID, expiresAt: expiresAt, secret: secret)
        } catch  where error.code == .inputOutput {
            report(.armour(try journal.armour(rotation, keyID: keyID, expiresAt: expiresAt, secret: secret)))
            throw VaultError(
                error.code, "the new credential was made, and could not be stored: \(error.message)",
                hint: "keep the sealed block above; make room, then: vaultctl rotation recover, before anything else")
        }
    }

    // MARK: Finding

    /// Looks whether a credential was made that nobody has told of.
    ///
    /// - Returns: nil when there is none, as far as can be known now; the rotation is over then.
    func find(_ rotation: Rotation) async throws(VaultError) -> Rotation? {
        let subject = try journal.subject(rotation.id)
        let registry = try self.registry(subject)
        let deadline = rotation.changedAt.addingTimeInterval(rules.window)
        let certificate = subject.new.bytes.isEmpty ? nil : try ClientCertificate(sealed: subject.new.bytes)
        var pause = 1.0
        while true {
            let listed = try await patiently(subject) { () async throws(VaultError) in try await registry.list() }
            if let certificate {
                // Its key is here: nothing was lost.
                if listed.contains(certificate.thumbprint) {
                    return try await journal.noteMade(
                        rotation, keyID: certificate.thumbprint, expiresAt: certificate.expiresAt, secret: nil)
                }
            } else if let found = listed.credentials.first(where: { $0.name == rotation.marker }) {
                return try await journal.noteUnreadable(rotation, keyID: found.keyID)
            } else if subject.profile.profile.destination.provider == .databricks {
                let new = listed.credentials.filter { credential in !rotation.knownKeyIDs.contains(credential.keyID) }
                guard new.isEmpty else {
                    let ids = new.map(\.keyID).joined(separator: ", ")
                    report(.note("secret \(ids) came up, and its value is not known here: vaultctl rotation orphans"))
                    try await journal.noteNotMade(rotation, because: Self.lost, lost: new.map(\.keyID))
                    return nil
                }
            }
            // Lists lag behind: until all of the provider must know, not found means nothing.
            let left = deadline.timeIntervalSince(environment.now())
            guard left > 0 else {
                try await journal.noteNotMade(rotation, because: Self.lost)
                return nil
            }
            try await environment.pause(min(pause, left))
            pause = min(pause * 2, 30)
        }
    }

    private static let lost = VaultError(.unavailable, "the answer of the provider was lost")

    // MARK: Verifying

    private enum Verdict {
        case accepted
        case refused(VaultError)
    }

    /// Asks for tokens with the new credential until it was accepted often enough in a row. Replicas of the provider know it
    /// at different times, so that one success says little.
    private func verify(_ rotation: Rotation) async throws(VaultError) -> Verdict {
        let grant = try Self.grant(try journal.subject(rotation.id))
        // Whoever made it elsewhere can be asked; that it is not known yet is for them to wait for.
        let isNew = rotation.isMadeHere
        let wanted = isNew ? RotationRules.successes : 1
        let gap = rules.spread / Double(max(1, wanted - 1))
        let deadline = rotation.changedAt.addingTimeInterval(rules.window)
        var successes = 0
        var failures = 0
        while true {
            var wait = gap
            do throws(VaultError) {
                // Read each time, so that who waits holds no secret: there may be hundreds.
                let subject = try journal.subject(rotation.id)
                try await accepts(subject.new, grant, of: subject)
                successes += 1
                failures = 0
            } catch {
                guard isNew else { return .refused(error) }
                if error.refusal?.isOfCredential(grant) == true {
                    guard environment.now() < deadline else { return .refused(error) }
                    successes = 0
                } else if error.isTransient, let pause = pause(after: error, attempt: failures) {
                    // No answer tells nothing of the credential, however old it is: it is asked for again, as any other.
                    wait = pause
                    failures += 1
                } else if !error.isTransient || environment.now() >= deadline {
                    throw error
                }
            }
            guard successes < wanted else { return .accepted }
            try await environment.pause(wait)
        }
    }

    /// - Throws: what a token request with that credential is refused with.
    func accepts(
        _ secret: SharedSecret, _ grant: GrantRequest, of subject: RotationJournal.Subject
    ) async throws(VaultError) {
        let tenant = Self.tenant(subject.profile.profile)
        try await pace.begin(tenant)
        do throws(VaultError) {
            _ = try await provider.accessToken(for: grant, secret: secret.bytes)
            await pace.end()
        } catch {
            await pace.end()
            if let seconds = error.retryAfter { await pace.close(tenant, for: seconds) }
            throw error
        }
    }

    static func grant(_ subject: RotationJournal.Subject) throws(VaultError) -> GrantRequest {
        let profile = subject.profile.profile
        return GrantRequest(profile, audience: try profile.effectiveAudience)
    }

    // MARK: Removing

    /// Removes what is not used any more.
    func remove(_ rotation: Rotation, because error: VaultError?) async throws(VaultError) {
        let subject = try journal.subject(rotation.id)
        let registry = try self.registry(subject)
        let deadline = rotation.startedAt.addingTimeInterval(rules.window)
        if rotation.state == .rolledBack { try await removeTwins(of: rotation, subject, registry) }
        for keyID in rotation.removals {
            while true {
                let isGone = try await patiently(subject) { () async throws(VaultError) in
                    try await registry.remove(keyID)
                }
                // What was made a moment ago may not be known yet to whoever was asked to remove it.
                guard !isGone, rotation.state == .rolledBack, environment.now() < deadline else { break }
                try await environment.pause(2)
            }
        }
        try await journal.noteRemoved(rotation, because: error)
    }

    /// A box in between may have sent the request that makes a credential twice.
    private func removeTwins(
        of rotation: Rotation, _ subject: RotationJournal.Subject, _ registry: any CredentialRegistry
    ) async throws(VaultError) {
        let deadline = rotation.startedAt.addingTimeInterval(rules.window)
        var listed = try await patiently(subject) { () async throws(VaultError) in try await registry.list() }
        // A list that knows the new one knows its twin, too.
        while let keyID = rotation.newKeyID, !listed.contains(keyID), environment.now() < deadline {
            try await environment.pause(2)
            listed = try await patiently(subject) { () async throws(VaultError) in try await registry.list() }
        }
        for twin in rotation.twins(in: listed.credentials) {
            try await journal.note(
                .started, removalOf: twin, of: rotation.profile, rotation: rotation, why: "it was made twice")
            _ = try await patiently(subject) { () async throws(VaultError) in try await registry.remove(twin) }
            try await journal.note(
                .ok, removalOf: twin, of: rotation.profile, rotation: rotation, why: "it was made twice")
        }
        if subject.profile.profile.destination.provider == .databricks {
            let known = rotation.knownKeyIDs + [rotation.newKeyID, rotation.oldKeyID].compactMap(\.self)
            let strange = listed.credentials.map(\.keyID).filter { !known.contains($0) }
            if !strange.isEmpty {
                report(
                    .note(
                        "secret \(strange.joined(separator: ", ")) came up during the rotation, and is not known here: "
                            + "vaultctl rotation orphans"))
                for keyID in strange { try await journal.noteStrange(keyID, rotation) }
            }
        }
    }

    // MARK: Parts

    func registry(_ subject: RotationJournal.Subject) throws(VaultError) -> any CredentialRegistry {
        var manager: Profile?
        if let id = subject.rotation.manager {
            manager = try journal.records.read { (snapshot) throws(VaultError) in try snapshot.profile(id: id)?.profile
            }
            guard manager != nil else {
                throw VaultError(.notFound, "the profile that the rotation was begun with is not in the vault any more")
            }
        }
        return try registries.registry(of: subject.profile.profile, current: subject.current, manager: manager)
    }

    private func patiently<Result: Sendable>(
        _ subject: RotationJournal.Subject, _ call: @Sendable () async throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        try await patiently(with: subject.profile.profile, call)
    }

    /// Asks for something that can be asked for again, until there is an answer or no more hope. The job is not held meanwhile.
    func patiently<Result: Sendable>(
        with profile: Profile, _ call: @Sendable () async throws(VaultError) -> Result
    ) async throws(VaultError) -> Result {
        let tenant = Self.tenant(profile)
        var attempt = 0
        while true {
            try await pace.begin(tenant)
            do throws(VaultError) {
                let result = try await call()
                await pace.end()
                return result
            } catch {
                await pace.end()
                guard error.isTransient, let pause = pause(after: error, attempt: attempt) else { throw error }
                if error.retryAfter != nil { await pace.close(tenant, for: pause) }
                try await environment.pause(pause)
                attempt += 1
            }
        }
    }

    /// How long to wait before asking again, in seconds; nil when it is of no use.
    private func pause(after error: VaultError, attempt: Int) -> TimeInterval? {
        if let wanted = error.retryAfter { return attempt < 20 && wanted <= rules.window ? max(wanted, 0.1) : nil }
        guard error != .cancelled, attempt < 4 else { return nil }
        return 0.5 * Double(1 << attempt) * Double.random(in: 0.5...1)
    }

    /// What throttles together.
    static func tenant(_ profile: Profile) -> String {
        profile.destination.provider == .entra ? profile.tenant.lowercased() : profile.destination.tokenAuthority
    }

    private func tellWhatStays(_ rotation: Rotation) {
        guard rotation.isMadeHere, rotation.removing.isEmpty else { return }
        report(
            .note(
                "the old credential stays at the provider, because this vault did not make it; "
                    + "the next rotation removes it when it is named: --retire KEYID"))
    }
}

extension Rotation {
    /// Credentials that bear this rotation's name, or its certificate, beside the one that is meant.
    fileprivate func twins(in listed: [RegisteredCredential]) -> [String] {
        let named = listed.filter { $0.name == marker && $0.keyID != newKeyID }.map(\.keyID)
        // Certificates go by their thumbprint, which twins share; the hint is what tells them apart.
        let same = listed.filter { $0.keyID == newKeyID }.dropFirst().compactMap(\.hint)
        return named + same
    }
}
