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
            try output.write(try await service.settings(), as: Setting.listing)
        }
    }
}
