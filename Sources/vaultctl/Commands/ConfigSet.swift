import ArgumentParser
import Vault

struct ConfigSet: Verb {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Change a setting.",
        discussion: """
            The value is on the record for ever: no secret belongs into it, as into no command line. An agent that has the \
            vault unlocked follows with the next entry that it writes.

            EXAMPLES
              vaultctl config set sink.journald on
              vaultctl config set anchor.command 'ssh -T notes@elsewhere'
            """)

    @Argument(help: ArgumentHelp(SettingKey.allNames, valueName: "key"), transform: SettingKey.typed)
    var key: SettingKey

    @Argument(help: "What it is to be.")
    var value: String

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            try output.write(try vault.set(key, to: value).record)
        }
    }
}

extension SettingKey {
    /// For the help of an argument.
    static let allNames = "One of " + options.map(\.rawValue).joined(separator: ", ") + "."
}
