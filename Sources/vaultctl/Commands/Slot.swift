import ArgumentParser

struct Slot: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slot",
        abstract: "List, add or remove what opens the vault.",
        discussion: """
            Each slot holds the vault's root key, locked by a passphrase, a recovery code or a key file of its own.

            EXAMPLES
              vaultctl slot list
              vaultctl slot add --new-key-file /etc/vaultctl/key
              vaultctl slot remove 2
            """,
        subcommands: [SlotList.self, SlotAdd.self, SlotRemove.self])
}
