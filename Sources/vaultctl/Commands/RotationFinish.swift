import ArgumentParser
import Vault

struct RotationFinish: Verb {
    static let configuration = CommandConfiguration(
        commandName: "finish", abstract: "End the grace now, and remove the old credential.",
        discussion: """
            What uses the old credential without this vault fails from then on.

            EXAMPLE
              vaultctl rotation finish ci
            """)

    @Argument(
        help: ArgumentHelp("Ids of rotations, or their profiles.", valueName: "rotation"),
        completion: .profiles, transform: RotationChoice.typed)
    var rotations: [RotationChoice]

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let what = rotations.map(\.description).joined(separator: ", ")
        try global.confirm("remove the old credential of \(what) now?", yes: yes)
        let order = RotationOrder(.finish(rotations), manager: management.using, jobs: management.jobs)
        try await unlock.carryOut(order, network, oneNamed: rotations.soleProfile)
    }
}
