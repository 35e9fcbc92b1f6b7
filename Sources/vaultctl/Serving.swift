import Dispatch
import FoundationEssentials
import Synchronization
import Vault
import VaultAgent
import VaultEndpoint

extension UnlockOptions {
    /// Lets `body` serve clients of a profile: by the agent where one has the vault unlocked now, else by this process,
    /// which opens the vault.
    ///
    /// Who began with the agent stays with it: when that is locked later, clients hear so.
    /// - Throws: code `notFound` when there is no such profile.
    func withIssuing<Result>(
        for name: ProfileName, timeout: TimeInterval, _ body: (Profile, @escaping IssueForClient) async throws -> Result
    ) async throws -> Result {
        if let agent = try await global.unlockedAgent(timeout: timeout) {
            let profile = try await agent.profile(named: name)
            return try await body(
                profile, Self.issuingByAgent(vault: try global.canonicalVaultPath(), timeout: timeout))
        }
        return try await withVault(timeout: timeout, hint: hintToUnlock) { vault in
            try await body(try await vault.profile(named: name), Self.issuing(by: vault, console: global.console))
        }
    }

    /// By a vault that is open in this process; its anchor follows.
    static func issuing(by vault: Vault, console: Console) -> IssueForClient {
        let anchor = LateAnchor(of: vault, console: console)
        return { (request, client) throws(VaultError) in
            defer { anchor.write() }
            return try await Vault(vault) { $0.caller.client = client }.issue(request)
        }
    }

    /// Each client has a connection of its own to the agent, which says whom it is for; an agent that was started anew is
    /// found again.
    static func issuingByAgent(vault: String, timeout: TimeInterval) -> IssueForClient {
        { (request, client) throws(VaultError) in
            guard let agent = try GlobalOptions.agent(vault: vault, client: client, timeout: timeout) else {
                throw VaultError(.locked, "the vault is locked: its agent has ended", hint: "vaultctl unlock")
            }
            return try await agent.issue(request)
        }
    }
}

/// Writes the anchor of a vault a second after what it is to cover, because this process may be killed before its end: not
/// at once, so that no client waits for the disk once more, and many share one.
private final class LateAnchor: Sendable {
    private let vault: Vault
    private let console: Console
    private let isDue = Atomic(false)

    init(of vault: Vault, console: Console) {
        self.vault = vault
        self.console = console
    }

    func write() {
        guard !isDue.exchange(true, ordering: .acquiringAndReleasing) else { return }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(1)) { [self] in
            isDue.store(false, ordering: .releasing)
            do throws(VaultError) {
                try vault.writeAnchor()
                if let errand = try vault.anchorOutside() { vault.outside.run(errand) }
            } catch {
                // The next one may succeed, and an anchor that lies behind is no finding.
                console.note("warning: the anchor could not be written: \(error.message)")
            }
        }
    }
}
