import ArgumentParser
import Vault

struct SelectionSave: Verb {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Save a selection; one of that name is replaced.",
        discussion: """
            Profiles belong to it that are named, and those that have all the labels and the text.

            EXAMPLES
              vaultctl selection save prod-eu --tag env=prod --tag region=eu
              vaultctl selection save etl --search adb-1234 --tag team=data
              vaultctl selection save admins admin/graph admin/databricks
            """)

    @Argument(
        help: ArgumentHelp("What it is called, with or without the @.", valueName: "selection"),
        completion: .selections, transform: SelectionName.typed)
    var selection: SelectionName

    @Argument(
        help: ArgumentHelp("Profiles that belong to it.", valueName: "name"), completion: .profiles,
        transform: ProfileName.typed)
    var names: [ProfileName] = []

    @Option(help: ArgumentHelp("Profiles with this label. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

    @Option(help: ArgumentHelp("Profiles in whose name, ids, labels or description this occurs.", valueName: "text"))
    var search: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard !names.isEmpty || !tag.isEmpty || search != nil else {
            throw ValidationError("say what belongs to it: names, --tag or --search")
        }
        guard search.map({ !$0.isEmpty && !$0.utf8.contains { $0 < 0x20 } }) ?? true else {
            throw ValidationError("--search takes a text without control characters")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        let saved = Selection(names: names, tags: tag, search: search)
        try await unlock.withVault { vault in
            for name in names { _ = try await vault.profile(named: name) }
            _ = try vault.set(.selection(selection), to: saved.text)
            let members = try await vault.profiles().filter(saved.contains)
            try output.write(SelectionRow(name: selection, selection: saved, members: members.count).record)
            global.console.note(
                "saved @\(selection): \(members.count == 1 ? "1 profile" : "\(members.count) profiles") now")
        }
    }
}
