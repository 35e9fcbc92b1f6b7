import FoundationEssentials
import Vault
import VaultAgent

extension GlobalOptions {
    /// Whether no agent is to be asked, as `--no-agent` or `VAULTCTL_NO_AGENT` says.
    var avoidsAgent: Bool { noAgent || Self.environmentAvoidsAgent }

    static var environmentAvoidsAgent: Bool { Surroundings.isOn("VAULTCTL_NO_AGENT") }

    /// The vault's path as the agent knows it.
    func canonicalVaultPath() throws(VaultError) -> String { try Vault.canonicalPath(of: vaultPath) }

    /// Where the agent's socket lies; nil where there can be none.
    func agentSocket() throws(VaultError) -> String? {
        try AgentSocket.path(forVault: try canonicalVaultPath(), variable: Surroundings.value)
    }

    /// - Parameter timeout: how long the agent may wait for the identity provider, in seconds; nil: as long as it has it.
    /// - Returns: nil when no agent listens.
    /// - Throws: what is wrong with the socket.
    func agent(timeout: TimeInterval? = nil) throws(VaultError) -> AgentClient? {
        try Self.agent(vault: vaultPath, timeout: timeout)
    }

    /// The same for a vault at an absolute path.
    ///
    /// - Parameter client: whom this process asks for.
    static func agent(
        vault: String, client: Caller.Client? = nil, timeout: TimeInterval?
    ) throws(VaultError) -> AgentClient? {
        let vault = try Vault.canonicalPath(of: vault)
        guard let socket = try AgentSocket.path(forVault: vault, variable: Surroundings.value) else { return nil }
        return try AgentClient.connect(
            to: socket, vault: vault, claimedExecutables: Caller.executables, client: client, timeout: timeout)
    }

    /// The agent, if it may be asked and the vault is unlocked in it.
    func unlockedAgent(timeout: TimeInterval?) async throws(VaultError) -> AgentClient? {
        guard !avoidsAgent, let agent = try agent(timeout: timeout), try await agent.status().unlocked != nil else {
            return nil
        }
        noteWhoseAuthorities()
        return agent
    }

    /// A token from the agent, if it may be asked and the vault is unlocked in it: asked for at once, because most calls
    /// are for a token, and a question before it would take as long as the answer.
    func tokenFromAgent(_ request: TokenRequest, timeout: TimeInterval) throws(VaultError) -> IssuedToken? {
        guard !avoidsAgent, let agent = try agent(timeout: timeout), let token = try agent.issueIfUnlocked(request)
        else {
            return nil
        }
        noteWhoseAuthorities()
        return token
    }

    /// A certificate authority of the caller's could make the agent send a secret to the caller.
    private func noteWhoseAuthorities() {
        if caFile != nil { console.note("the agent has its own certificate authorities; --ca-file is not used") }
    }

    /// For the verbs that are about the agent.
    /// - Throws: code `usage`.
    func requireAgent() throws(VaultError) {
        guard noAgent else { return }
        throw VaultError(.usage, "--no-agent makes no sense here", hint: "leave --no-agent out")
    }
}
