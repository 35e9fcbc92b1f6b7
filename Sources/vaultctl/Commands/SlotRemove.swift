import ArgumentParser
import Vault

struct SlotRemove: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Take away one way of opening the vault.",
        discussion: """
            Copies of the file made before still open with it.

            EXAMPLE
              vaultctl slot remove 2
            """)

    @Argument(help: ArgumentHelp("The slot's number, 1 to 32.", valueName: "slot"))
    var slot: Int

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            guard let found = try vault.slots().first(where: { $0.slot == slot }) else {
                throw VaultError(.notFound, "there is no slot \(slot)", hint: "see 'vaultctl slot list'")
            }
            try global.confirm("remove slot \(slot) (\(found.kind.word)) for ever?", yes: yes)
            try vault.removeSlot(slot)
            try output.write(
                Record(
                    lines: [("removed", .number(Int64(slot)))],
                    json: { $0.object { $0.field("removed", Int64(slot)) } }))
        }
    }
}
