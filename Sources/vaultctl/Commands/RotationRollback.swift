import ArgumentParser
import Vault

struct RotationRollback: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Give up the new credential, and use the old one.",
        discussion: """
            In the grace the profile goes back to the old credential, if the provider still accepts it; the new one is \
            removed at the provider, if it was made there by this vault.

            EXAMPLE
              vaultctl rotation rollback ci
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
        try global.confirm("give up the new credential of \(what)?", yes: yes)
        let order = RotationOrder(.rollBack(rotations), manager: management.using, jobs: management.jobs)
        try await unlock.carryOut(order, network, oneNamed: rotations.soleProfile)
    }
}
