internal import FoundationEssentials

/// What rotations would meet: the credentials that providers have, and what each of them is to this vault. Changes nothing but
/// the record, which tells of the tokens that it takes.
struct RotationPlanning: Sendable {
    let journal: RotationJournal
    let registries: Registries
    let environment: VaultEnvironment
    let manager: Profile?
    /// How many ask at a time.
    let jobs: Int

    /// So many are told of together: to look up what the vault knows of credentials takes all of its profiles.
    private static let batch = 64
    /// How often a place is asked that wants to be left alone for a moment, and the longest such moment, in seconds.
    private static let attempts = 3
    private static let patience: TimeInterval = 10
    /// Seconds after which lists have what was made (wire reference, 8.3).
    private static let lag: TimeInterval = 600

    /// One profile, and what there is where its credentials are registered.
    private struct Listed: Sendable {
        let profile: Profile
        /// How its secret begins, where the provider tells that of each.
        let start: String?
        let credentials: RegisteredCredentials
    }

    private typealias Asked = [(profile: ProfileName, result: Result<Listed, VaultError>)]

    /// Profiles of which one list tells: of one application, asked with the token of one manager.
    private struct Place: Hashable {
        let application: RowTag
        let tenant: String
        let graph: String
        let kind: CredentialKind
        /// Nil where a manager asks.
        let asker: ProfileName?
    }

    /// - Throws: what keeps all from being asked.
    func plan(_ names: [ProfileName], report: (PlannedProfile) -> Void) async throws(VaultError) {
        var waiting = try places(names, report: report)[...]
        var listed: [Listed] = []
        var failure: VaultError?
        await withTaskGroup(of: Asked.self) { group in
            var atWork = 0
            func next() {
                guard let profiles = waiting.popFirst() else { return }
                atWork += 1
                group.addTask { await list(profiles) }
            }
            for _ in 0..<max(1, jobs) { next() }
            for await asked in group {
                atWork -= 1
                next()
                for one in asked {
                    switch one.result {
                    case .success(let found): listed.append(found)
                    case .failure(let error): report(PlannedProfile(profile: one.profile, result: .failure(error)))
                    }
                }
                guard failure == nil, listed.count >= Self.batch || atWork == 0 else { continue }
                do throws(VaultError) {
                    for plan in try await plans(of: listed) {
                        report(PlannedProfile(profile: plan.profile, result: .success(plan)))
                    }
                } catch {
                    failure = error
                }
                listed = []
            }
        }
        if let failure { throw failure }
    }

    // MARK: Asking

    private func places(
        _ names: [ProfileName], report: (PlannedProfile) -> Void
    ) throws(VaultError) -> [[Profile]] {
        var order: [Place] = []
        var places: [Place: [Profile]] = [:]
        var missing: [(ProfileName, VaultError)] = []
        try journal.records.read { (snapshot) throws(VaultError) in
            for name in names {
                guard let profile = try snapshot.profileIfAny(named: name)?.profile else {
                    missing.append((name, VaultError(.notFound, "there is no profile \(name)", hint: "vaultctl list")))
                    continue
                }
                let place = Place(
                    application: .application(profile, snapshot.keyring), tenant: profile.tenant,
                    graph: profile.destination.cloud.graph, kind: profile.credential.kind,
                    asker: manager == nil ? profile.name : nil)
                if places[place] == nil { order.append(place) }
                places[place, default: []].append(profile)
            }
        }
        for (name, error) in missing { report(PlannedProfile(profile: name, result: .failure(error))) }
        return order.compactMap { places[$0] }
    }

    /// Asks once for all profiles of a place.
    private func list(_ profiles: [Profile]) async -> Asked {
        var asked: Asked = []
        var credentials: RegisteredCredentials?
        for profile in profiles {
            do throws(VaultError) {
                let (record, secret) = try journal.profile(profile.id)
                let registry = try registries.registry(of: record.profile, current: secret, manager: manager)
                let found: RegisteredCredentials
                if let credentials { found = credentials } else { found = try await patiently(registry) }
                credentials = found
                let hasStart = record.profile.credential.kind == .clientSecret
                asked.append(
                    (
                        profile.name,
                        .success(
                            Listed(
                                profile: record.profile, start: hasStart ? secret.bytes.start : nil,
                                credentials: found))
                    ))
            } catch {
                asked.append((profile.name, .failure(error)))
            }
        }
        return asked
    }

    private func patiently(_ registry: any CredentialRegistry) async throws(VaultError) -> RegisteredCredentials {
        for _ in 1..<Self.attempts {
            do throws(VaultError) {
                return try await registry.list()
            } catch {
                guard error.code == .tryAgain, let pause = error.retryAfter, pause <= Self.patience else { throw error }
                try await environment.pause(pause)
            }
        }
        return try await registry.list()
    }

    // MARK: Telling

    private func plans(of listed: [Listed]) async throws(VaultError) -> [RotationPlan] {
        // Asked after the lists: a rotation that began since is in the vault, and what it has made is not an orphan.
        let known = try journal.records.read { (snapshot) throws(VaultError) in
            let applications = try KnownCredentials.byApplication(snapshot)
            let rotations = Dictionary(grouping: try snapshot.rotations().map(\.rotation), by: \.profile)
            return listed.map { one in
                let tag = RowTag.application(one.profile, snapshot.keyring)
                return (applications[tag] ?? KnownCredentials(), rotations[one.profile.id] ?? [])
            }
        }
        var plans: [RotationPlan] = []
        for (one, (known, open)) in zip(listed, known) {
            var entries = one.credentials.credentials.map {
                RotationPlan.Entry($0, known.standing(of: $0, lost: []))
            }
            if entries.contains(where: { $0.standing == .foreign }) {
                let lost = try await lost(one.profile)
                entries = one.credentials.credentials.map { .init($0, known.standing(of: $0, lost: lost)) }
            }
            plans.append(
                RotationPlan(
                    profile: one.profile.name, limit: one.credentials.limit, entries: entries,
                    own: CredentialMatch(
                        one.profile.credential, start: one.start, isNew: isNew(one.profile.credential), in: entries),
                    rotation: open.first { $0.isUnfinished(at: environment.now()) } ?? open.first))
        }
        return plans
    }

    private func isNew(_ credential: Credential) -> Bool {
        credential.rotation != nil && environment.now().timeIntervalSince(credential.storedAt) < Self.lag
    }

    /// Of credentials without names the record alone knows that one came up whose secret was lost.
    private func lost(_ profile: Profile) async throws(VaultError) -> Set<String> {
        guard profile.destination.provider == .databricks else { return [] }
        var lost: Set<String> = []
        let query = AuditQuery(
            profiles: [profile.name.description], actions: [.addCredential, .removeCredential])
        for entry in try await AuditLog(records: journal.records).entries(query) {
            guard let keyID = entry.event.keyID?.lowercased() else { continue }
            switch (entry.event.action, entry.event.outcome) {
            case (.addCredential, .failed): lost.insert(keyID)
            case (.removeCredential, .ok): lost.remove(keyID)
            default: break
            }
        }
        return lost
    }
}

extension SecretBytes {
    /// The characters that Graph shows of a secret to everybody who may list them: no secret.
    fileprivate var start: String {
        withBytes { span in
            String(decoding: (0..<min(3, span.byteCount)).map { span.octet(at: $0) }, as: UTF8.self)
        }
    }
}
