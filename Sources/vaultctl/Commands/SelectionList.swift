import ArgumentParser
import Vault

struct SelectionList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the selections.",
        discussion: """
            tsv has no header; its columns are selection, what belongs to it, how many profiles that are now.

            EXAMPLE
              vaultctl selection list
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let profiles = try await service.profiles(tags: [])
            var rows: [SelectionRow] = []
            for setting in try await service.settings() {
                guard case .selection(let name) = setting.key else { continue }
                let selection = try setting.selection()
                rows.append(
                    SelectionRow(name: name, selection: selection, members: profiles.count(where: selection.contains)))
            }
            try output.write(rows.sorted { $0.name < $1.name }, as: SelectionRow.listing)
        }
    }
}
