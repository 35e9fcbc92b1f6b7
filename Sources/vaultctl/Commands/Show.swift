import ArgumentParser
import Vault

struct Show: Verb {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show a profile, and with --reveal its secret.",
        discussion: """
            --reveal takes the passphrase, writes nothing but the secret and a newline, and is on the record.

            EXAMPLES
              vaultctl show ci
              vaultctl show ci --reveal --reason "moving to another vault"
            """)

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "name"), completion: .profiles, transform: ProfileName.typed)
    var name: ProfileName

    @Flag(help: "Write the stored secret itself.")
    var reveal = false

    @Option(help: ArgumentHelp("Why, for the record; with --reveal.", valueName: "text"))
    var reason: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard reason == nil || reveal else { throw ValidationError("--reason goes with --reveal") }
        guard !reveal || global.output == nil else {
            throw ValidationError("--reveal writes the secret alone, without --output")
        }
    }

    func run() async throws {
        if reveal {
            try await unlock.withVault { vault in
                let secret = try vault.revealSecret(of: name, reason: reason)
                try StandardOutput.write(secret)
                try StandardOutput.write("\n")
            }
            return
        }
        let output = try global.recordOutput()
        try await unlock.withService { service in
            let profile = try await service.profile(named: name)
            try output.write(profile.record(rotations: try await service.rotations(of: name)))
        }
    }
}
