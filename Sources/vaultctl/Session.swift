import FoundationEssentials
import Vault

extension UnlockOptions {
    /// Opens the vault in this process, lets `body` work with it and write its result, and then leaves the anchor
    /// behind, also when `body` failed: its failure is an entry that the anchor must cover.
    ///
    /// For what needs a secret typed now: an agent is never asked. Other verbs use ``withService(timeout:_:)``.
    func withVault<Result>(
        timeout: TimeInterval = 30, accepting: AnchorAcceptance = .mustAgree, passphraseOnly: Bool = false,
        hint: String = howToUnlock, _ body: (Vault) async throws -> Result
    ) async throws -> Result {
        let unlocking = try unlockSecret(passphraseOnly: passphraseOnly, hint: hint)
        return try await global.withVault(openedBy: unlocking, timeout: timeout, accepting: accepting, body)
    }

    /// Lets `body` work with whoever answers the verbs: the agent, where one has the vault unlocked, else this process.
    ///
    /// An agent that is there and cannot be asked is an error: to go on without it would hide that something is wrong,
    /// and ask for a passphrase that the user has given already.
    func withService<Result>(
        timeout: TimeInterval? = nil, _ body: (any VaultService) async throws -> Result
    ) async throws -> Result {
        if let agent = try await global.unlockedAgent(timeout: timeout) { return try await body(agent) }
        return try await withVault(timeout: timeout ?? 30, hint: hintToUnlock) { try await body($0) }
    }

    /// What to do where nobody can be asked for the passphrase.
    var hintToUnlock: String {
        global.avoidsAgent ? Self.howToUnlock : "run 'vaultctl unlock', or \(Self.howToUnlock)"
    }
}

extension GlobalOptions {
    /// The same with a secret that was read already, for who needs it again.
    func withVault<Result>(
        openedBy unlocking: borrowing UnlockSecret, timeout: TimeInterval = 30,
        accepting: AnchorAcceptance = .mustAgree, _ body: (Vault) async throws -> Result
    ) async throws -> Result {
        let vault = try open(with: unlocking, timeout: timeout, accepting: accepting)
        defer { leaveAnchor(of: vault) }
        return try await body(vault)
    }

    /// Opens the vault in this process; who does so leaves the anchor behind (``leaveAnchor(of:)``).
    func open(
        with unlocking: borrowing UnlockSecret, timeout: TimeInterval = 30, accepting: AnchorAcceptance = .mustAgree
    ) throws(VaultError) -> Vault {
        // Nobody closes its connections: the process ends soon, and a peer that does not answer would hold it for seconds.
        let transport = transport(timeout: timeout)
        let vault = try Vault.open(
            at: vaultPath, with: unlocking, environment: .process(transport: transport), accepting: accepting)
        for notice in vault.notices { console.note("warning: \(notice)") }
        return vault
    }

    /// Writes the anchor, and lets what is to be known outside get there. The result is out already, so that a failure
    /// here is a warning: the next unlock sees an older anchor, which is no finding.
    func leaveAnchor(of vault: Vault) {
        do {
            try vault.writeAnchor()
        } catch {
            console.note("warning: the anchor could not be written: \(error.message)")
        }
        // What runs here already first: only one errand runs at a time.
        vault.outside.finish(within: VaultOutlets.shortPatience)
        do {
            if let errand = try vault.anchorOutside() { try AnchorKeeper.start(errand) }
        } catch {
            console.note("warning: no anchor could be sent: \(error.message)")
        }
        for delivery in vault.outside.deliveries { warn(of: delivery) }
    }

    /// Where an agent counts, and `status` shows it, a process that ends has nobody else to tell.
    private func warn(of delivery: Delivery) {
        let lost = delivery.failed + delivery.dropped
        guard lost > 0 else { return }
        let what = delivery.key == .sinkFile || delivery.key == .sinkJournal ? "copies" : "notes"
        let why = delivery.lastError.map { ": \($0)" } ?? ""
        console.note("warning: \(lost) \(what) for \(delivery.key.rawValue) did not get there\(why)")
    }
}

extension GlobalOptions {
    func transport(timeout: TimeInterval) -> AsyncHTTPTransport {
        AsyncHTTPTransport(
            configuration: .init(
                caFile: caFilePath, timeout: timeout,
                environment: ProcessInfo.processInfo.environment))
    }
}

extension VaultEnvironment {
    /// This process: its clock, its user, its directories.
    static func process(transport: any HTTPTransport) -> VaultEnvironment {
        VaultEnvironment(
            now: { Date() }, transport: transport, caller: .thisProcess, stateDirectory: Surroundings.stateDirectory)
    }
}
