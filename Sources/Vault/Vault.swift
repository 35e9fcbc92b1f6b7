public import FoundationEssentials
internal import Synchronization

/// An unlocked vault: the verbs, answered in this process.
///
/// ```swift
/// let vault = try Vault.open(at: path, with: .passphrase(passphrase), environment: environment)
/// let token = try await vault.issue(TokenRequest(profile: name))
/// try vault.writeAnchor()
/// ```
/// How a vault is made, opened and guarded is in `Vault+Opening.swift`, `Vault+Slots.swift` and `Vault+Guarded.swift`.
public final class Vault: VaultService, Sendable {
    let file: VaultFile
    let records: Records
    let environment: VaultEnvironment
    let anchorFile: AnchorFile
    private let openedBy: Mutex<Opening?>
    /// What whoever opened the vault should be told.
    public let notices: [String]
    let commits: GroupCommit
    let flights: TokenFlights
    let warmTokens: WarmTokens
    let policiesInForce: PoliciesInForce
    /// What is told outside the file.
    package let outside: VaultOutlets

    init(
        file: VaultFile, records: Records, environment: VaultEnvironment, anchorFile: AnchorFile,
        rootKey: consuming SecretBytes, openedSlot: Int, notices: [String]
    ) {
        commits = GroupCommit(records)
        flights = TokenFlights()
        warmTokens = WarmTokens()
        policiesInForce = PoliciesInForce()
        outside = VaultOutlets(records)
        self.file = file
        self.records = records
        self.environment = environment
        self.anchorFile = anchorFile
        openedBy = Mutex(Opening(rootKey: SharedSecret(rootKey), slot: openedSlot))
        self.notices = notices
    }

    /// The same vault, asked by somebody else, and without the root key: what it guards is not for others to change.
    ///
    /// - Parameter change: sets whose entries the record gets, and how the network is reached.
    package init(_ vault: Vault, changing change: (inout VaultEnvironment) -> Void = { _ in }) {
        var environment = vault.environment
        change(&environment)
        self.environment = environment
        commits = vault.commits
        flights = vault.flights
        warmTokens = vault.warmTokens
        policiesInForce = vault.policiesInForce
        outside = vault.outside
        file = vault.file
        records = vault.records
        anchorFile = vault.anchorFile
        openedBy = Mutex(nil)
        notices = vault.notices
    }

    /// What opened it; nil where nobody is to change that.
    var opening: Opening? {
        get { openedBy.withLock { $0 } }
        set { openedBy.withLock { $0 = newValue } }
    }

    /// What opened a vault.
    struct Opening {
        /// Wraps new key slots.
        var rootKey: SharedSecret
        var slot: Int
    }

    /// Why nothing can be done with this one any more, see ``Records/lost``.
    package var lost: VaultError? { records.lost }

    /// See ``Records/lookForLoss()``.
    package func lookForLoss() throws(VaultError) { try records.lookForLoss() }

    // MARK: Profiles

    public func profiles(tags: [Tag] = []) async throws(VaultError) -> [Profile] {
        let all = try records.read { (snapshot) throws(VaultError) in try snapshot.profiles() }
        guard !tags.isEmpty else { return all }
        return all.filter { profile in tags.allSatisfy { wanted in profile.tags.contains { $0.matches(wanted) } } }
    }

    public func profile(named name: ProfileName) async throws(VaultError) -> Profile {
        try records.read { (snapshot) throws(VaultError) in try snapshot.profile(named: name).profile }
    }

    public func add(_ new: consuming NewProfile) async throws(VaultError) -> Profile {
        try await enrollment.add(new)
    }

    public func edit(_ name: ProfileName, _ change: ProfileChange) async throws(VaultError) -> Profile {
        let mayFree = opening != nil
        let edited = try await commits.write {
            [environment] (transaction) throws(VaultError) -> Result<Profile, VaultError> in
            let record = try transaction.snapshot.profile(named: name)
            var profile = record.profile
            let changed = try profile.apply(change)
            guard !changed.isEmpty else {
                throw VaultError(.usage, "nothing to change", hint: "vaultctl edit --help")
            }
            var event = AuditEvent(environment, .edit, .ok, profile)
            event.detail = changed.joined(separator: ", ")
            if !mayFree, let refusal = try transaction.snapshot.refusal(toMake: profile, of: record.profile) {
                (event.outcome, event.code, event.detail) = (.refused, refusal.code.rawValue, refusal.message)
                try transaction.append(event)
                return .failure(refusal)
            }
            profile.updatedAt = environment.now()
            try transaction.update(record, to: profile, secret: try transaction.snapshot.secret(of: record))
            if profile.tenant != record.profile.tenant || profile.clientID != record.profile.clientID {
                // Tokens and kept credentials of the other identity are of no use to this one.
                try transaction.forgetEverything(about: profile.id)
            }
            try transaction.append(event)
            return .success(profile)
        }
        return try edited.get()
    }

    public func rename(_ name: ProfileName, to newName: ProfileName) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            guard name != newName else { throw .nameTaken(name) }
            var profile = record.profile
            profile.name = newName
            profile.updatedAt = environment.now()
            try transaction.update(record, to: profile, secret: try transaction.snapshot.secret(of: record))
            var event = AuditEvent(environment, .rename, .ok, profile)
            event.detail = AuditEvent.renamed(from: name)
            try transaction.append(event)
            for selection in try transaction.renameInSelections(name, to: newName, at: profile.updatedAt) {
                var event = AuditEvent(environment, .config, .ok)
                event.detail = selection.assignment
                try transaction.append(event)
            }
        }
    }

    public func remove(_ name: ProfileName) async throws(VaultError) {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            try transaction.delete(record.row, in: .profile)
            try transaction.forgetEverything(about: record.profile.id)
            try transaction.append(AuditEvent(environment, .remove, .ok, record.profile))
        }
    }

    // MARK: Tokens

    public func issue(_ request: TokenRequest) async throws(VaultError) -> IssuedToken {
        try await issuer.issue(request)
    }

    public func cachedTokens() async throws(VaultError) -> [CachedToken] {
        let now = environment.now()
        return try records.read { (snapshot) throws(VaultError) in
            var names: [RowID: ProfileName] = [:]
            for profile in try snapshot.profiles() { names[profile.id] = profile.name }
            return try snapshot.tokens().compactMap { token in
                guard token.record.expiresAt > now, let name = names[token.record.profile] else { return nil }
                return CachedToken(
                    profile: name, tenant: token.record.tenant, audience: token.record.audience,
                    issuedAt: token.record.issuedAt, expiresAt: token.record.expiresAt)
            }
            .sorted { ($0.profile, $0.audience.scope, $0.tenant) < ($1.profile, $1.audience.scope, $1.tenant) }
        }
    }

    public func forgetTokens(of name: ProfileName) async throws(VaultError) -> Int {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            let profile = try transaction.snapshot.profile(named: name).profile
            let count = try transaction.deleteTokens { $0.profile == profile.id }
            var event = AuditEvent(environment, .forget, .ok, profile)
            event.detail = "tokens: \(count)"
            try transaction.append(event)
            return count
        }
    }

    public func check(
        _ names: [ProfileName], report: @Sendable (CheckedProfile) -> Void
    ) async throws(VaultError) {
        let issuer = self.issuer
        await withTaskGroup(of: CheckedProfile.self) { group in
            var waiting = names[...]
            func next() {
                guard let name = waiting.popFirst() else { return }
                guard !Task.isCancelled else {
                    report(CheckedProfile(profile: name, result: .failure(.cancelled)))
                    return next()
                }
                group.addTask {
                    do throws(VaultError) {
                        return CheckedProfile(profile: name, result: .success(try await issuer.check(name)))
                    } catch {
                        return CheckedProfile(profile: name, result: .failure(error))
                    }
                }
            }
            for _ in 0..<Self.checksAtOnce { next() }
            for await checked in group {
                report(checked)
                next()
            }
        }
    }

    /// As many as a provider answers at once without throttling, and a transport has connections for.
    private static let checksAtOnce = 64

    /// See ``TokenIssuer/renew(_:)``.
    package func renew(_ request: TokenRequest) async throws(VaultError) -> TokenDetails? {
        try await issuer.renew(request)
    }

    // MARK: Record

    public func auditEntries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry] {
        try await AuditLog(records: records).entries(query)
    }

    public func uses(of profiles: [RowID]?, since: Date) async throws(VaultError) -> [ProfileUse] {
        var uses = try ProfileUses(records, of: profiles, since: since)
        return try await uses.find()
    }

    public func verify(
        progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> Verification {
        try await VaultVerifier(records: records, auditVerifier: auditVerifier)
            .verify(hasAnchor: try anchorFile.read() != nil, progress: progress)
    }

    /// Writes down, outside the file, what was last seen of it; called once the result is out, so that nobody waits for it.
    ///
    /// - Throws: codes `inputOutput` and `locked`. The vault itself is whole.
    public func writeAnchor() throws(VaultError) {
        // What was seen of another file is not what the one that took its place is to be measured by.
        try records.checkPlace()
        try anchorFile.write(Anchor(vaultID: records.keyring.vaultID, records.state), key: records.keyring.anchorKey)
    }

    // MARK: Parts

    var provider: any CredentialProvider { provider(sendingAgain: true) }

    /// - Parameter sendsAgain: whether it asks again by itself when no answer came. Who has to wait in a way of their own does
    ///   that themselves.
    func provider(sendingAgain sendsAgain: Bool) -> any CredentialProvider {
        ProviderByGrant(
            transport: environment.transport, clock: .system(now: environment.now),
            policy: sendsAgain ? RetryPolicy() : RetryPolicy(attempts: 1))
    }

    private var issuer: TokenIssuer { issuer(with: provider) }

    func issuer(with provider: any CredentialProvider) -> TokenIssuer {
        TokenIssuer(
            records: records, commits: commits, flights: flights, warm: warmTokens, policies: policiesInForce,
            provider: provider, environment: environment, locks: LockFile(path: file.lockPath))
    }

    var enrollment: Enrollment {
        Enrollment(records: records, commits: commits, provider: provider, environment: environment)
    }
}

extension WriteTransaction {
    /// Removes the cached tokens of a profile and the credentials that rotations keep of it.
    ///
    /// - Throws: code `tryAgain` while a rotation of it is unfinished: what it has made at the provider would be nobody's.
    mutating func forgetEverything(about profile: RowID) throws(VaultError) {
        let open = try snapshot.rotations(of: profile).first { $0.rotation.isUnfinished }
        if let open { throw .hasUnfinishedRotation(open.rotation) }
        _ = try deleteTokens { $0.profile == profile }
        try deleteRotations(of: profile)
    }
}
