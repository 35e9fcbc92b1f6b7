import ArgumentParser
import Vault

struct SelectionRemove: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a selection; its profiles stay.",
        discussion: """
            EXAMPLE
              vaultctl selection remove prod-eu
            """)

    @Argument(
        help: ArgumentHelp("The selection, with or without the @.", valueName: "selection"),
        completion: .selections, transform: SelectionName.typed)
    var selection: SelectionName

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            _ = try await vault.selection(named: selection)
            try vault.unset(.selection(selection))
            try output.write(.done("removed", "@\(selection)"))
        }
    }
}
