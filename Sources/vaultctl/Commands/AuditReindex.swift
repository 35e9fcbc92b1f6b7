import ArgumentParser
import Vault

struct AuditReindex: Verb {
    static let configuration = CommandConfiguration(
        commandName: "reindex",
        abstract: "Make the tiles and the index of the record anew from its entries.",
        discussion: """
            For a vault of which 'audit verify' says that a tile or a segment of the index is wrong. The entries \
            themselves are not touched.

            EXAMPLE
              vaultctl audit reindex
            """)

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            let progress = Progress("indexing", console: global.console)
            defer { progress.finish() }
            let count = try vault.reindexAudit { progress.show($0, of: $1) }
            progress.finish()
            try output.write(
                Record(lines: [("entries", .number(Int64(count)))]) { json in
                    json.object { $0.field("entries", Int64(count)) }
                })
        }
    }
}
