import ArgumentParser
import Vault

struct List: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the profiles.",
        discussion: """
            tsv has no header; its columns are name, tenant, client id, audience, secret expires, tags.

            EXAMPLES
              vaultctl list
              vaultctl list --tag team=data -o json
              vaultctl list @prod-eu
              vaultctl list --search adb-1234
              vaultctl list | cut -f 1
            """)

    @OptionGroup var chosen: ChosenProfiles

    @Option(help: ArgumentHelp("Only those in whose name, ids, labels or description this occurs.", valueName: "text"))
    var search: String?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let found = try await service.profiles(matching: chosen.choices, tags: chosen.tag)
            let profiles = found.filter { profile in
                search.map { Selection(search: $0).contains(profile) } ?? true
            }
            try output.write(profiles, as: Profile.listing)
        }
    }
}
