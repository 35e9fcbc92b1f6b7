import ArgumentParser
import Vault

struct Tokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "List the tokens in the cache, or forget them.",
        discussion: """
            EXAMPLES
              vaultctl tokens
              vaultctl tokens -o json
              vaultctl tokens forget ci
            """,
        subcommands: [TokensList.self, TokensForget.self], defaultSubcommand: TokensList.self)
}

struct TokensList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the tokens that still live.",
        discussion: """
            tsv has no header; its columns are profile, tenant, audience, issued, expires.

            EXAMPLE
              vaultctl tokens -o tsv
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            try output.write(try await service.cachedTokens(), as: CachedToken.listing)
        }
    }
}
