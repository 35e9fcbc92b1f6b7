import ArgumentParser
import FoundationEssentials
import Vault

struct AuditSummaryVerb: Verb {
    static let configuration = CommandConfiguration(
        commandName: "summary",
        abstract: "Count the entries of the record.",
        discussion: """
            Issued are the tokens that were given out, of which some came from the cache; refused and failed are \
            requests of every kind, other is what else is on the record. Days are those of UTC. A profile that was renamed \
            is counted under each name it had. tsv has no header; its columns are those of the table.

            EXAMPLES
              vaultctl audit summary --since 30d
              vaultctl audit summary --by day --profile prod/etl -o tsv
              vaultctl audit summary --by host --outcome refused,failed
            """)

    @Option(
        help: ArgumentHelp(
            "\(AuditGrouping.allCases.map(\.rawValue).joined(separator: ", ")).", valueName: "group"),
        transform: AuditGrouping.typed)
    var by = AuditGrouping.profile

    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var period: AuditPeriodOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.listOutput()
        try await unlock.withService { service in
            let query = period.limiting(try await filter.query(service), now: Date())
            var summary = AuditSummary(by: by)
            let progress = Progress("reading the record,", console: global.console)
            defer { progress.finish() }
            try await AuditReader(service).forEach(
                query, progress: { progress.show($0, of: $1) }, { summary.add($0) })
            progress.finish()
            try output.write(summary.rows, as: AuditSummary.listing(by: by))
        }
    }
}

extension AuditGrouping {
    /// For `@Option(transform:)`.
    static func typed(_ text: String) throws -> AuditGrouping {
        guard let grouping = AuditGrouping(rawValue: text) else {
            throw VaultError(
                .usage, "entries are not counted by that",
                hint: "use one of \(allCases.map(\.rawValue).joined(separator: ", "))")
        }
        return grouping
    }
}
