import ArgumentParser
import Vault

struct ExitCodes: Verb {
    static let configuration = CommandConfiguration(
        commandName: "exit-codes",
        abstract: "Tell what each exit code means.",
        discussion: """
            They are never renumbered. tsv has the code and its meaning.

            EXAMPLE
              vaultctl exit-codes
            """)

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let meanings =
            [(Int32(0), "done")] + VaultError.Code.allCases.map { ($0.rawValue, $0.meaning) }.sorted { $0.0 < $1.0 }
        try global.listOutput().write(
            meanings,
            as: Listing(
                columns: [Column("code") { .number(Int64($0.0)) }, Column("meaning") { .text($0.1) }],
                json: { json, row in
                    json.object { json in
                        json.field("code", Int64(row.0))
                        json.field("meaning", row.1)
                    }
                }))
    }
}
