import ArgumentParser
import Vault

struct TokensForget: Verb {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Take a profile's tokens out of the cache.",
        discussion: """
            They stay valid at the identity provider until they expire: nobody can call a token back.

            EXAMPLE
              vaultctl tokens forget ci
            """)

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "name"), completion: .profiles, transform: ProfileName.typed)
    var name: ProfileName

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withService { service in
            let count = try await service.forgetTokens(of: name)
            try output.write(
                Record(
                    lines: [("forgotten", .number(Int64(count)))],
                    json: { $0.object { $0.field("forgotten", Int64(count)) } }))
        }
    }
}
