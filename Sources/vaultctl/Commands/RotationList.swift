import ArgumentParser
import Vault

struct RotationList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List rotations that are not over, and what comes next.",
        discussion: """
            tsv has no header; its columns are profile, rotation, state, started, old kept until, next.

            EXAMPLE
              vaultctl rotation list
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let rotations = try await service.rotations(of: nil)
            let profiles = try await service.profiles(tags: [])
            let names = Dictionary(profiles.map { ($0.id, $0.name) }, uniquingKeysWith: { first, _ in first })
            try output.write(
                rotations.map { NamedRotation(profile: names[$0.profile], rotation: $0) }, as: NamedRotation.listing)
        }
    }
}
