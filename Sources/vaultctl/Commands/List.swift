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
              vaultctl list | cut -f 1
            """)

    @Option(help: ArgumentHelp("Only profiles with this label. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            try output.write(try await service.profiles(tags: tag), as: Profile.listing)
        }
    }
}
