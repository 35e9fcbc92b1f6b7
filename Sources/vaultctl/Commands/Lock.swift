import ArgumentParser
import Vault
import VaultAgent

struct Lock: Verb {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Lock every vault that is unlocked.",
        discussion: """
            The agent has forgotten all keys when it returns. Tokens that are out stay valid until they expire.

            EXAMPLE
              vaultctl lock
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let output = try global.recordOutput()
        // VAULTCTL_NO_AGENT is no reason to leave a vault unlocked.
        try global.requireAgent()
        if let agent = try global.agent() {
            try await agent.lock()
        } else {
            global.console.note("no agent runs; nothing was unlocked")
        }
        try output.write(.done("locked", "all"))
    }
}
