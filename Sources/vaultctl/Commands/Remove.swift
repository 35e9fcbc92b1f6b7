import ArgumentParser
import Vault

struct Remove: Verb {
    static let configuration = CommandConfiguration(
        commandName: "remove",
        abstract: "Remove profiles with their secrets and tokens.",
        discussion: """
            What the identity provider knows of them stays; tokens that are out stay valid until they expire.

            EXAMPLES
              vaultctl remove old/ci
              vaultctl remove a b c --yes
              vaultctl remove --tag retired
            """)

    @OptionGroup var chosen: ChosenProfiles

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard chosen.isGiven else { throw ValidationError("give profile names, @selections or --tag") }
    }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withService { service in
            // A name that does not exist stops it before anything is removed.
            let names = try await chosen.profiles(service).map(\.name)
            let what = names.count == 1 ? "profile \(names[0])" : "\(names.count) profiles"
            try global.confirm("remove \(what) for ever?", yes: yes)
            for name in names { try await service.remove(name) }
            let removed = names.map(\.description)
            try output.write(
                Record(
                    lines: removed.map { ("removed", .text($0)) },
                    json: { $0.object { $0.field("removed", removed) } }))
        }
    }
}
