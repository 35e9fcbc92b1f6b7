public import FoundationEssentials

/// Rotation, as a vault's verbs.
extension Vault {
    public func rotations(of name: ProfileName?) async throws(VaultError) -> [Rotation] {
        try records.read { (snapshot) throws(VaultError) in
            guard let name else {
                return try snapshot.rotations().map(\.rotation).sorted { $0.startedAt < $1.startedAt }
            }
            return try snapshot.rotations(of: try snapshot.profile(named: name).profile.id).map(\.rotation)
        }
    }

    public func replaceSecret(
        of name: ProfileName, with secret: consuming SecretBytes, expiresAt: Date?, grace: TimeInterval,
        retiring: [String]
    ) async throws(VaultError) -> Rotation {
        let rules = RotationRules(try await settings())
        let rotator = Rotator(
            journal: journal, registries: registries, provider: provider, environment: environment, rules: rules,
            pace: RotationPace(jobs: 1, environment: environment), reserve: file.reserve, manager: nil,
            report: { _ in })
        return try await SecretReplacement(rotator: rotator, locks: LockFile(path: file.lockPath))
            .replaceSecret(
                of: name, with: SharedSecret(secret), expiresAt: expiresAt, grace: grace, retiring: retiring)
    }

    public func rotate(
        _ order: RotationOrder, report: @escaping @Sendable (RotationReport) -> Void
    ) async throws(VaultError) {
        try await RotationRun(
            journal: journal, registries: registries, provider: provider(sendingAgain: false), environment: environment,
            locks: LockFile(path: file.lockPath), reserve: file.reserve, order: order,
            mayFree: opening != nil, report: report
        ).carryOut()
    }

    public func planRotations(
        of names: [ProfileName], manager: ProfileName?, jobs: Int, report: @Sendable (PlannedProfile) -> Void
    ) async throws(VaultError) {
        let manager = try records.read { (snapshot) throws(VaultError) in
            try manager.map { (name) throws(VaultError) in try snapshot.profile(named: name).profile }
        }
        try await RotationPlanning(
            journal: journal, registries: registries, environment: environment, manager: manager, jobs: jobs
        ).plan(names, report: report)
    }

    /// Stores a new credential that had no room on the disk, from the sealed block that was written instead.
    public func recoverRotation(from armour: String) async throws(VaultError) -> Rotation {
        try await journal.recover(armour)
    }

    /// Tells of rotations that somebody should see to, and that nobody works on now: of each, or of how many there are.
    static func unfinishedRotations(
        _ records: Records, _ locks: LockFile, at now: Date
    ) throws(VaultError) -> [String] {
        try records.read { (snapshot) throws(VaultError) in
            var found: [String] = []
            for stored in try snapshot.rotations() where stored.rotation.isUnfinished(at: now) {
                guard let profile = try snapshot.profile(id: stored.rotation.profile)?.profile,
                    let lock = try locks.takeIfFree(.rotation(.application(profile, snapshot.keyring)))
                else { continue }
                lock.release()
                let isLate = stored.rotation.state == .promoted
                let what = isLate ? "past its grace" : "unfinished (\(stored.rotation.state.rawValue))"
                found.append("the rotation of \(profile.name) is \(what): vaultctl rotation resume \(profile.name)")
            }
            guard found.count > mostToldOfEach else { return found }
            return ["\(found.count) rotations are unfinished, or past their grace: vaultctl rotation resume --all"]
        }
    }

    /// When many were interrupted together, nobody reads a line about each.
    private static let mostToldOfEach = 3

    // MARK: Parts

    private var journal: RotationJournal {
        RotationJournal(records: records, commits: commits, environment: environment)
    }

    private var registries: Registries {
        Registries(issuer: issuer(with: provider(sendingAgain: false)), environment: environment)
    }
}
