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
    /// Whose token is used, whoever a rotation was begun with; nil: that one's.
    let manager: Profile?
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

    /// Seconds after which a verification says nothing any more, as when the process was killed since.
    private static let freshness: TimeInterval = 60

    // MARK: One after another

    /// Goes on with a rotation until it has to wait for the end of its grace.
    ///
    /// - Parameter waits: whether it waits for that, too.
    func drive(_ start: Rotation, waits: Bool) async throws(VaultError) -> End {
        var rotation = start
        // As whom, and where, the new credential was tried: an edit in between must not pass for tried.
        var verified: GrantRequest?
        while true {
            report(.went(rotation))
            switch rotation.step(at: environment.now()) {
            case .find:
                guard let found = try await find(rotation) else { return .undone(nil) }
                rotation = found
            case .verify:
                verified = try Self.grant(try journal.subject(rotation))
                if let error = try await verify(rotation) { return try await giveUp(rotation, because: error) }
                rotation = try await journal.noteVerified(rotation)
            case .promote:
                let age = environment.now().timeIntervalSince(rotation.changedAt)
                if !(0...Self.freshness).contains(age), let error = try await verify(rotation) {
                    return try await giveUp(rotation, because: error)
                }
                let now = try Self.grant(try journal.subject(rotation))
                rotation = try await journal.promote(rotation, verified: verified ?? now)
                tellWhatStays(rotation)
                do throws(VaultError) {
                    try await removeTwins(of: rotation)
                } catch {
                    // It is looked for again when the grace is over.
                    report(.note("whether the credential was made twice is not known yet: \(error.message)"))
                }
            case .keep(let time):
                guard waits else { return .kept(rotation) }
                try await environment.pause(time.timeIntervalSince(environment.now()))
            case .remove:
                if rotation.state == .promoted {
                    guard let retired = try await retire(rotation) else { return .finished }
                    rotation = retired
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

    /// Ends the grace: the old credential is forgotten, once it is certain that it is not needed.
    ///
    /// - Returns: nil when there is nothing to be removed, and the rotation is over.
    /// - Throws: code `refused` when the credential in use is not accepted; the old one is kept then.
    func retire(_ rotation: Rotation) async throws(VaultError) -> Rotation? {
        try await confirm(rotation)
        try await removeTwins(of: rotation)
        let retired = try await journal.retire(rotation)
        if let retired { report(.went(retired)) }
        return retired
    }

    // MARK: Verifying

    /// Asks for tokens with the new credential until it was accepted often enough in a row. Replicas of the provider know it
    /// at different times, so that one success says little.
    ///
    /// - Returns: what it was refused with for good; nil when it is accepted.
    /// - Throws: what says nothing of the credential.
    private func verify(_ rotation: Rotation) async throws(VaultError) -> VaultError? {
        // Whoever made it elsewhere can be asked; that it is not known yet is for them to wait for.
        let isNew = rotation.isMadeHere
        return try await accepted(
            rotation, times: isNew ? RotationRules.successes : 1,
            until: isNew ? deadline(rotation.changedAt) : .distantPast)
    }

    /// Makes sure that the credential in use is accepted, before the one that could take its place is given up.
    private func confirm(_ rotation: Rotation) async throws(VaultError) {
        let deadline = deadline(rotation.changedAt)
        let isYoung = rotation.isMadeHere && environment.now() < deadline
        guard
            let error = try await accepted(
                rotation, times: isYoung ? RotationRules.successes : 1, until: isYoung ? deadline : .distantPast)
        else { return }
        throw VaultError(
            error.code, "the credential in use is not accepted, so that the old one is kept: \(error.message)",
            hint: "to go back to the old one: vaultctl rotation rollback \(rotation.id)", refusal: error.refusal)
    }

    /// Asks so many times, spread, with the credential that a rotation is about.
    private func accepted(
        _ rotation: Rotation, times wanted: Int, until deadline: Date
    ) async throws(VaultError) -> VaultError? {
        let gap = rules.spread / Double(max(1, RotationRules.successes - 1))
        var (successes, failures) = (0, 0)
        while true {
            var wait = gap
            // Read each time, so that who waits holds no secret: there may be hundreds.
            let subject = try journal.subject(rotation)
            let grant = try Self.grant(subject)
            do throws(VaultError) {
                // Once it is promoted it is the profile's.
                try await accepts(rotation.state == .promoted ? subject.current : subject.new, grant, of: subject)
                successes += 1
                failures = 0
            } catch {
                if error.refusal?.isOfCredential(grant) == true || (!rotation.isMadeHere && error.code == .refused) {
                    guard environment.now() < deadline else { return error }
                    successes = 0
                } else if error.isTransient, rotation.isMadeHere || rotation.state == .promoted,
                    let pause = pause(after: error, attempt: failures)
                {
                    // No answer tells nothing of the credential, however old it is: it is asked for again, as any other.
                    wait = pause
                    failures += 1
                } else if rotation.isMadeHere || rotation.state == .promoted {
                    throw error
                } else {
                    return error
                }
            }
            guard successes < wanted else { return nil }
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
            if let seconds = error.retryAfter { await pace.close(tenant, for: min(seconds, rules.window)) }
            throw error
        }
    }

    static func grant(_ subject: RotationJournal.Subject) throws(VaultError) -> GrantRequest {
        let profile = subject.profile.profile
        return GrantRequest(profile, audience: try profile.effectiveAudience)
    }

    // MARK: Parts

    func registry(_ subject: RotationJournal.Subject) throws(VaultError) -> any CredentialRegistry {
        var manager = manager
        if manager == nil, let id = subject.rotation.manager {
            // One that was removed since is of no use, but what it began must come to its end: then the profile itself asks.
            manager = try journal.records.read { (snapshot) throws(VaultError) in
                try snapshot.profile(id: id)?.profile
            }
        }
        return try registries.registry(of: subject.profile.profile, current: subject.current, manager: manager)
    }

    /// Until when *not yet* is an answer. A clock that was set back since does not make it later than a window from now.
    func deadline(_ start: Date) -> Date {
        min(start, environment.now()).addingTimeInterval(rules.window)
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
    func pause(after error: VaultError, attempt: Int) -> TimeInterval? {
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
