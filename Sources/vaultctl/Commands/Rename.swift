import ArgumentParser
import Vault

struct Rename: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rename",
        abstract: "Give a profile another name.",
        discussion: """
            The record keeps the old name where it stood. Selections that name the profile name it by its new one.

            EXAMPLE
              vaultctl rename ci team/ci
            """)

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "old"), completion: .profiles, transform: ProfileName.typed)
    var old: ProfileName

    @Argument(help: ArgumentHelp("Its new name.", valueName: "new"), transform: ProfileName.typed)
    var new: ProfileName

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withService { service in
            try await service.rename(old, to: new)
            try output.write(.done("renamed", new.description))
        }
    }
}
