import ArgumentParser
import Vault

struct ConfigList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what is set.",
        discussion: """
            tsv has no header; its columns are key, value, changed.

            EXAMPLE
              vaultctl config list
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let settings = try await service.settings().filter { SettingKey.options.contains($0.key) }
            for setting in settings where !setting.isUnderstood {
                global.console.note("warning: \(setting.key.rawValue) has a value that this version does not know")
            }
            try output.write(settings, as: Setting.listing)
        }
    }
}
