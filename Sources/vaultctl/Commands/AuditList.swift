import ArgumentParser
import FoundationEssentials
import Vault

struct AuditList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List entries of the record.",
        discussion: """
            Newest first for people, oldest first for programs. tsv has no header; its columns are entry, time, \
            action, outcome, profile, audience, source, user, host, detail.

            EXAMPLES
              vaultctl audit list --since 24h
              vaultctl audit list --profile ci --action issue,rotate -o jsonl
            """)

    @Option(help: ArgumentHelp("Only of this profile.", valueName: "name"))
    var profile: String?

    @Option(help: ArgumentHelp("From then on: 24h, 7d, YYYY-MM-DD or RFC 3339.", valueName: "time"))
    var since: Since?

    @Option(help: ArgumentHelp("Up to then.", valueName: "time"))
    var until: Since?

    @Option(
        help: ArgumentHelp(
            "\(AuditAction.allCases.map(\.rawValue).joined(separator: ", ")); several with commas.",
            valueName: "actions"),
        transform: AuditAction.typed)
    var action: [AuditAction] = []

    @Option(
        help: ArgumentHelp(
            "\(AuditOutcome.allCases.map(\.rawValue).joined(separator: ", ")); several with commas.",
            valueName: "outcomes"),
        transform: AuditOutcome.typed)
    var outcome: [AuditOutcome] = []

    @Option(help: ArgumentHelp("Only tokens for this resource or scope.", valueName: "resource"))
    var audience: String?

    @Option(help: ArgumentHelp("Only what this user did, by name or number.", valueName: "user"))
    var actor: String?

    @Option(help: ArgumentHelp("At most so many, the newest.", valueName: "n"))
    var limit: Int?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is at least 1") }
    }

    func run() async throws {
        let output = try global.listOutput()
        let query = AuditQuery(
            profile: profile, since: since?.date(now: Date()), until: until?.date(now: Date()), actions: action,
            outcomes: outcome, audience: audience, actor: actor, limit: limit)
        try await unlock.withService { service in
            let entries = try await service.auditEntries(query)
            try output.write(output.format == .table ? entries.reversed() : entries, as: AuditEntry.listing)
        }
    }
}
