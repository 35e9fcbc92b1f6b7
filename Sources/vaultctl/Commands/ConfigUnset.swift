import ArgumentParser
import Vault

struct ConfigUnset: Verb {
    static let configuration = CommandConfiguration(
        commandName: "unset", abstract: "Take a setting away.",
        discussion: """
            EXAMPLE
              vaultctl config unset anchor.command
            """)

    @Argument(help: ArgumentHelp(SettingKey.allNames, valueName: "key"), transform: SettingKey.typed)
    var key: SettingKey

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            try vault.unset(key)
            try output.write(.done("unset", key.rawValue))
        }
    }
}
