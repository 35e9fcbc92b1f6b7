import FoundationEssentials
import ArgumentParser
import Vault

struct RotationResume: Verb {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Go on with rotations that were interrupted.",
        discussion: """
            What is past its grace is finished, too.

            EXAMPLES
              vaultctl rotation resume ci
              vaultctl rotation resume --all
            """)

    @Argument(
        help: ArgumentHelp("Ids of rotations, or their profiles.", valueName: "rotation"),
        completion: .profiles, transform: RotationChoice.typed)
    var rotations: [RotationChoice] = []

    @Flag(help: "All that are unfinished, or past their grace.")
    var all = false

    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard rotations.isEmpty == all else { throw ValidationError("give rotations or --all") }
    }

    func run() async throws {
        // With no credential due before the beginning of time, what is open is all there is.
        let work = all ? RotationOrder.Work.rotateDue(until: .distantPast, tags: []) : .resume(rotations)
        let order = RotationOrder(work, manager: management.using, jobs: management.jobs)
        try await unlock.carryOut(order, network, oneNamed: rotations.soleProfile)
    }
}

extension Array<RotationChoice> {
    /// The profile, where it is about one that was named.
    var soleProfile: ProfileName? {
        if count == 1, case .profile(let name) = self[0] { name } else { nil }
    }
}
