internal import FoundationEssentials

/// Carries an order out: finds whose credentials it is about, takes the applications on side by side and the profiles of one
/// application one after another.
struct RotationRun: Sendable {
    let journal: RotationJournal
    let registries: Registries
    let provider: any CredentialProvider
    let environment: VaultEnvironment
    let locks: LockFile
    let reserve: ReserveFile
    let order: RotationOrder
    /// Whether who asks has the passphrase, and need not keep to what policies of others refuse.
    let mayFree: Bool
    let report: @Sendable (RotationReport) -> Void

    /// One profile's part of the order.
    struct Part: Sendable {
        enum Act: Sendable, Equatable {
            case rotate
            case resume(Rotation)
            case finish(Rotation)
            case rollBack(Rotation)
            case discard([String])
        }
        let profile: Profile
        let act: Act
    }

    /// - Throws: what keeps the whole order from being carried out; what becomes of one profile is reported.
    func carryOut() async throws(VaultError) {
        let (parts, manager, rules) = try prepare()
        report(RotationReport(nil, .total(parts.count)))
        let pace = RotationPace(jobs: order.jobs, environment: environment)
        let groups = Dictionary(grouping: parts) { RowTag.application($0.profile, journal.records.keyring) }
        await withTaskGroup(of: Void.self) { group in
            for (tag, parts) in groups {
                group.addTask {
                    for part in parts { await carryOut(part, tag, manager: manager, rules, pace) }
                }
            }
        }
    }

    // MARK: Who

    private func prepare() throws(VaultError) -> ([Part], Profile?, RotationRules) {
        try journal.records.read { (snapshot) throws(VaultError) in
            let manager = try order.manager.map { (name) throws(VaultError) in
                try snapshot.profile(named: name).profile
            }
            return (try parts(snapshot), manager, RotationRules(try snapshot.settings()))
        }
    }

    private func parts(_ snapshot: Snapshot) throws(VaultError) -> [Part] {
        switch order.work {
        case .rotate(let names):
            var seen: Set<ProfileName> = []
            return try names.filter { seen.insert($0).inserted }.map { (name) throws(VaultError) in
                Part(profile: try snapshot.profile(named: name).profile, act: .rotate)
            }
        case .rotateDue(let time, let tags): return try due(until: time, tags, snapshot)
        case .resume(let choices):
            return try chosen(choices, snapshot).map { Part(profile: $0.0, act: .resume($0.1)) }
        case .finish(let choices):
            return try chosen(choices, snapshot).map { Part(profile: $0.0, act: .finish($0.1)) }
        case .rollBack(let choices):
            // Of several of one profile the last can be taken back, and no other.
            return try chosen(choices, snapshot, last: true).map { Part(profile: $0.0, act: .rollBack($0.1)) }
        case .discard(let name, let keyIDs):
            return [Part(profile: try snapshot.profile(named: name).profile, act: .discard(keyIDs))]
        }
    }

    private func due(until time: Date, _ tags: [Tag], _ snapshot: Snapshot) throws(VaultError) -> [Part] {
        let rotations = Dictionary(grouping: try snapshot.rotations().map(\.rotation), by: \.profile)
        let now = environment.now()
        var parts: [Part] = []
        for profile in try snapshot.profiles() {
            guard tags.allSatisfy({ wanted in profile.tags.contains { $0.matches(wanted) } }) else { continue }
            if profile.credential.kind != .federated, let expiry = profile.credential.expiresAt, expiry <= time {
                // What is unfinished goes on first. It may come to nothing, and the credential is due all the same.
                parts.append(Part(profile: profile, act: .rotate))
            } else if let open = rotations[profile.id]?.first(where: { rotation in
                // Also where nothing is left to remove outside: the vault is to forget the old credential.
                // One that was made elsewhere and never used waits for whoever has the secret.
                (rotation.isUnfinished(at: now) && (rotation.isMadeHere || rotation.state != .obtained))
                    || rotation.state == .promoted && !rotation.keepsOld(at: now)
            }) {
                parts.append(Part(profile: profile, act: .resume(open)))
            }
        }
        return parts
    }

    private func chosen(
        _ choices: [RotationChoice], _ snapshot: Snapshot, last: Bool = false
    ) throws(VaultError) -> [(Profile, Rotation)] {
        let all = try snapshot.rotations().map(\.rotation)
        return try choices.map { (choice) throws(VaultError) -> [(Profile, Rotation)] in
            let found: [Rotation] =
                switch choice {
                case .id(let id): all.filter { $0.id == id }
                case .profile(let name): try Self.ofProfile(name, all, snapshot, last: last)
                }
            guard !found.isEmpty else { throw .noRotation("of \(choice)") }
            return try found.map { (rotation) throws(VaultError) in
                guard let record = try snapshot.profile(id: rotation.profile) else { throw .profileIsGone }
                return (record.profile, rotation)
            }
        }
        .flatMap(\.self)
    }

    private static func ofProfile(
        _ name: ProfileName, _ all: [Rotation], _ snapshot: Snapshot, last: Bool
    ) throws(VaultError) -> [Rotation] {
        let id = try snapshot.profile(named: name).profile.id
        let found = all.filter { $0.profile == id }.sorted { $0.startedAt < $1.startedAt }
        return last ? Array(found.suffix(1)) : found
    }

    // MARK: One

    private func carryOut(
        _ part: Part, _ tag: RowTag, manager: Profile?, _ rules: RotationRules, _ pace: RotationPace
    ) async {
        let name = part.profile.name
        do throws(VaultError) {
            let lock = try await takeLock(tag, name)
            defer { lock.release() }
            let rotator = Rotator(
                journal: journal, registries: registries, provider: provider, environment: environment, rules: rules,
                pace: pace, reserve: reserve, manager: manager, report: { report(RotationReport(name, $0)) })
            report(RotationReport(name, .done(try await perform(part, rotator))))
        } catch {
            report(RotationReport(name, .failed(withWhatIsOpen(error, part.profile))))
        }
    }

    /// Whoever opens the vault looks for a moment whether anybody works on a rotation; that is waited out.
    private func takeLock(_ tag: RowTag, _ name: ProfileName) async throws(VaultError) -> HeldLock {
        for _ in 0..<10 {
            if let lock = try locks.takeIfFree(.rotation(tag)) { return lock }
            try await environment.pause(0.05)
        }
        throw .isBeingRotated(name)
    }

    private func perform(_ part: Part, _ rotator: Rotator) async throws(VaultError) -> Rotation? {
        switch part.act {
        case .rotate:
            if !mayFree {
                let refusal = try journal.records.read { (snapshot) throws(VaultError) in
                    try snapshot.refusal(toRenew: part.profile)
                }
                if let refusal { throw refusal }
            }
            return try await RotationBeginning(rotator: rotator, order: order).rotate(part.profile)
        case .resume(let rotation):
            return try await rotator.resume(try journal.current(rotation), waits: order.waits)
        case .finish(let rotation):
            return try await rotator.finish(try journal.current(rotation))
        case .rollBack(let rotation):
            try await rotator.rollBack(try journal.current(rotation))
            return nil
        case .discard(let keyIDs):
            try await rotator.discard(keyIDs, of: part.profile)
            return nil
        }
    }

    /// An error that left a rotation unfinished says so, and how to go on; one that says that itself knows better.
    private func withWhatIsOpen(_ error: VaultError, _ profile: Profile) -> VaultError {
        guard error.hint?.contains("vaultctl rotation ") != true else { return error }
        let open: Bool
        do throws(VaultError) {
            open = try journal.records.read { (snapshot) throws(VaultError) in
                try snapshot.rotations(of: profile.id).contains { $0.rotation.isUnfinished(at: environment.now()) }
            }
        } catch {
            // What went wrong first is what counts.
            return error
        }
        guard open, error != .isBeingRotated(profile.name) else { return error }
        let hint = [error.hint, "the rotation is unfinished: vaultctl rotation resume \(profile.name)"]
        return VaultError(
            error.code, error.message, hint: hint.compactMap(\.self).joined(separator: "; "), refusal: error.refusal,
            retryAfter: error.retryAfter)
    }
}

extension RowTag {
    static func application(_ profile: Profile, _ keyring: Keyring) -> RowTag {
        application(profile.destination, clientID: profile.clientID, keyring)
    }
}
