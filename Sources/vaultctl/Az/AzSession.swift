import ArgumentParser
import FoundationEssentials
import Vault
import VaultAgent

/// Whose tokens the stand-in gives, and who answers for them: the agent, or this process with what the environment names.
/// Nobody is ever asked for anything.
struct AzSession {
    let profile: ProfileName
    let vault: String

    /// Seconds that one request to the provider may take: the shortest patience of a client library with az is 10
    /// (wire reference, 4.1).
    private static let timeout: TimeInterval = 8

    /// - Parameter vault: what was typed; nil: what the environment says.
    init(vault: String?) throws(AzFailure) {
        let hint = "set VAULTCTL_PROFILE to the name of a profile; vaultctl list shows them"
        guard let name = Surroundings.value("VAULTCTL_PROFILE") else {
            throw .notLoggedIn("no profile is named", hint: hint)
        }
        guard let profile = try? ProfileName(name) else {
            throw .notLoggedIn("VAULTCTL_PROFILE is not the name of a profile", hint: hint)
        }
        self.profile = profile
        self.vault = GlobalOptions.vaultPath(vault)
    }

    /// A token from the agent, asked for at once.
    ///
    /// - Returns: nil where there is no agent that has the vault unlocked, and nothing was tried.
    func tokenFromAgent(_ request: TokenRequest) throws(VaultError) -> IssuedToken? {
        guard let agent = try agent() else { return nil }
        return try agent.issueIfUnlocked(request)
    }

    /// Lets `body` work with whoever answers.
    func withService<Result>(_ body: (any VaultService) async throws -> Result) async throws -> Result {
        if let agent = try agent(), try await agent.status().unlocked != nil { return try await body(agent) }
        // The options of an unlocking verb, with none of them typed.
        let unlock = try UnlockOptions.parse(["--no-input", "--vault", vault])
        guard unlock.claimedSource != .prompt else {
            _ = try Vault.inspect(at: vault)
            throw VaultError(
                .locked, "the vault is locked",
                hint: "run 'vaultctl unlock', or set VAULTCTL_KEY_FILE or VAULTCTL_PASSPHRASE_FILE")
        }
        return try await unlock.withVault(timeout: Self.timeout) { try await body($0) }
    }

    private func agent() throws(VaultError) -> AgentClient? {
        guard !GlobalOptions.environmentAvoidsAgent else { return nil }
        return try GlobalOptions.agent(vault: vault, timeout: Self.timeout)
    }
}
