import ArgumentParser
import Vault

struct PolicyRemove: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove a policy; what it refused is given from the next token on.",
        discussion: """
            EXAMPLE
              vaultctl policy remove prod-arm
            """)

    @Argument(help: ArgumentHelp("The policy.", valueName: "policy"), transform: PolicyName.typed)
    var policy: PolicyName

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            try vault.removePolicy(named: policy)
            try output.write(.done("removed", policy.description))
        }
    }
}
