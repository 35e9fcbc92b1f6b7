import ArgumentParser

struct SelectionVerb: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "selection",
        abstract: "Name profiles together, for @name where a profile is named.",
        discussion: """
            A selection is what was said of its profiles, not a list of them: whoever comes in later and fits belongs to \
            it. To save or remove one takes what unlocks the vault, agent or not, and is on the record.

            EXAMPLES
              vaultctl selection save prod-eu --tag env=prod --tag region=eu
              vaultctl check @prod-eu
              vaultctl selection list
            """,
        subcommands: [SelectionSave.self, SelectionList.self, SelectionRemove.self])
}
