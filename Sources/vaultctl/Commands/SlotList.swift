import ArgumentParser
import Vault

struct SlotList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the key slots; the vault stays locked.",
        discussion: """
            tsv has no header; its columns are slot, kind, created, passes, memory.

            EXAMPLE
              vaultctl slot list
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let output = try global.listOutput()
        try output.write(try Vault.inspect(at: global.vaultPath).slots, as: KeySlotSummary.listing)
    }
}
