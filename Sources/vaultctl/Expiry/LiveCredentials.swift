import FoundationEssentials
import Synchronization
import Vault

/// What providers said of the credentials of profiles.
struct LiveCredentials {
    private let answers: [ProfileName: Result<RotationPlan, VaultError>]
    /// Whether each was asked for with the profile's own token, so that a refused token tells of its credential.
    private let asksForItself: Bool

    init(_ planned: [PlannedProfile], using manager: ProfileName?) {
        asksForItself = manager == nil
        answers = Dictionary(planned.map { ($0.profile, $0.result) }, uniquingKeysWith: { first, _ in first })
    }

    /// Asks for those that have something registered.
    ///
    /// - Throws: what kept all from being asked, as when there is no such manager.
    static func ask(
        _ service: any VaultService, of profiles: [Profile], using manager: ProfileName?, jobs: Int, console: Console
    ) async throws(VaultError) -> LiveCredentials {
        let names = profiles.filter { $0.credential.kind != .federated }.map(\.name)
        let progress = Progress("asking", console: console)
        defer { progress.finish() }
        let found = Mutex<[PlannedProfile]>([])
        try await service.planRotations(of: names, manager: manager, jobs: jobs) { planned in
            let count = found.withLock { found in
                found.append(planned)
                return found.count
            }
            progress.show(count, of: names.count)
        }
        return LiveCredentials(found.withLock { $0 }, using: manager)
    }

    subscript(name: ProfileName) -> Result<RotationPlan, VaultError>? { answers[name] }

    /// Nil as soon as one provider told anything; else why none did: a refusal before everything else.
    var failure: VaultError? {
        var failures: [VaultError] = []
        for (_, answer) in answers.sorted(by: { $0.key < $1.key }) {
            guard case .failure(let error) = answer, verdict(error) == nil else { return nil }
            failures.append(error)
        }
        return failures.first { $0.code == .refused } ?? failures.first
    }

    // MARK: The board

    /// Puts the provider's truth into a row that tells what the vault knows.
    func tell(_ row: inout ExpiryRow, now: Date, soon: Date) {
        switch answers[row.profile.name] {
        case nil: return
        case .failure(let error)?:
            row.error = error
            row.detail = error.message
            let verdict = verdict(error)
            row.isSilent = verdict == nil
            if let verdict {
                row.state = verdict
            } else if !row.state.isDue {
                // What is due as the vault knows it is due, whoever cannot be asked.
                row.state = .unknown
            }
        case .success(let plan)?: tell(plan, &row, now: now, soon: soon)
        }
    }

    /// What a refusal tells of a profile's credential all the same; nil where it tells nothing.
    private func verdict(_ error: VaultError) -> ExpiryState? {
        guard error.code == .refused, let refusal = error.refusal else { return nil }
        if ["Request_ResourceNotFound", "ResourceNotFound", "RESOURCE_DOES_NOT_EXIST"].contains(refusal.error) {
            return .gone
        }
        guard asksForItself else { return nil }
        switch refusal.aadsts {
        // Wire reference, 1.3: no such application; expired; not the secret, or not the certificate, of the application.
        case 700_016: return .gone
        case 7_000_222: return .expired
        case 7_000_215, 700_027: return .missing
        // Databricks has no codes.
        case nil: return refusal.error == "invalid_client" ? .missing : nil
        default: return nil
        }
    }

    private func tell(_ plan: RotationPlan, _ row: inout ExpiryRow, now: Date, soon: Date) {
        switch plan.own {
        case .missing:
            row.state = .missing
            row.detail = "not at the provider any more"
        case .ambiguous(let keyIDs):
            row.detail = "one of \(keyIDs.count) at the provider, which cannot be told apart"
        case .found(let keyID):
            row.keyID = keyID
            guard let end = plan.current?.expiresAt else { return }
            let known = row.profile.credential.expiresAt
            // Providers keep fractions of a second, and a vault may have the day alone from who typed it.
            row.differs = known.map { abs($0.timeIntervalSince(end)) >= 1 } ?? true
            if row.differs { row.detail = known.map { "the vault has \($0.rfc3339)" } ?? "the vault has no date" }
            row.expiresAt = end
            row.state = ExpiryBoard.state(of: row, now: now, soon: soon)
        }
    }

    /// What else is registered for their applications: each once, with the first profile of its application.
    func unknown(of profiles: [Profile]) -> [ExpiryRow] {
        var own: [String: Set<String>] = [:]
        for profile in profiles {
            guard case .success(let plan)? = answers[profile.name] else { continue }
            own[profile.application, default: []].formUnion(plan.own.keyIDs.map { $0.lowercased() })
        }
        var rows: [ExpiryRow] = []
        for profile in profiles.sorted(by: { $0.name < $1.name }) {
            guard case .success(let plan)? = answers[profile.name] else { continue }
            for entry in plan.entries {
                guard let state = ExpiryState(unknown: entry.standing),
                    own[profile.application, default: []].insert(entry.credential.keyID.lowercased()).inserted
                else { continue }
                rows.append(
                    ExpiryRow(
                        profile: profile, state: state, keyID: entry.credential.keyID,
                        expiresAt: entry.credential.expiresAt, detail: entry.credential.name))
            }
        }
        return rows
    }
}

extension ExpiryState {
    /// Nil for one that this vault uses.
    fileprivate init?(unknown standing: CredentialStanding) {
        switch standing {
        case .foreign: self = .foreign
        case .orphan: self = .orphan
        case .current, .rotating: return nil
        }
    }
}

extension CredentialMatch {
    fileprivate var keyIDs: [String] {
        switch self {
        case .found(let keyID): [keyID]
        case .missing: []
        case .ambiguous(let keyIDs): keyIDs
        }
    }
}

extension Profile {
    /// The same for all profiles whose credentials are registered in one place.
    fileprivate var application: String {
        [destination.tokenAuthority, destination.cloud.graph, tenant, clientID.lowercased()].joined(separator: "\n")
    }
}
