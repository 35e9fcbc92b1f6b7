internal import Vault

/// What can become of asking an agent.
extension VaultError {
    static var answerNotUnderstood: VaultError {
        VaultError(
            .unavailable, "the agent's answer is not understood", hint: "vaultctl lock, then vaultctl unlock")
    }

    /// Whether the request took effect is not known; the record tells.
    static var agentWentAway: VaultError {
        VaultError(
            .unavailable, "the agent went away before it answered",
            hint: "look with vaultctl audit list, and try again")
    }

    static func agentStopped(hint: String) -> VaultError {
        VaultError(.unavailable, "the agent stopped in the middle of its answer", hint: hint)
    }

    static var noAgent: VaultError {
        VaultError(.unavailable, "the agent went away", hint: "vaultctl unlock")
    }

    static var requestTooLong: VaultError {
        VaultError(
            .usage, "this is too long for the agent, which takes 64 KiB at once",
            hint: "vaultctl --no-agent has no limit")
    }
}
