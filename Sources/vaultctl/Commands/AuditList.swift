import ArgumentParser
import FoundationEssentials
import Vault

struct AuditList: Verb {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List entries of the record, or what to rotate.",
        discussion: """
            Newest first for people, oldest first for programs. tsv has no header; its columns are entry, time, \
            action, outcome, profile, audience, source, user, host, detail.

            With --exposed-since it lists the profiles of which tokens were issued, or whose secret was revealed, from then \
            on by that host or user, and whose credential was not replaced since: what to rotate. The columns are \
            profile, exposures, first, last, hosts, users, key ids, and what else is to be known (revealed, rotating).

            EXAMPLES
              vaultctl audit list --since 24h
              vaultctl audit list --profile @prod-eu --outcome refused
              vaultctl audit list --profile ci --action issue,rotate -o jsonl
              vaultctl audit list --exposed-since 2026-11-01 --host laptop-7
              vaultctl audit list --exposed-since 7d --actor ada -o tsv | cut -f 1
            """)

    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var period: AuditPeriodOptions

    @Option(help: ArgumentHelp("At most so many, the newest.", valueName: "n"))
    var limit: Int?

    @Option(help: ArgumentHelp("The profiles to rotate; with --host, --actor.", valueName: "time"))
    var exposedSince: Since?

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard limit.map({ $0 > 0 }) ?? true else { throw ValidationError("--limit is at least 1") }
        guard exposedSince != nil else { return }
        // Whatever narrows it further would leave out profiles that must be rotated.
        guard !filter.leavesOutMore, !period.isGiven, limit == nil else {
            throw ValidationError("--exposed-since takes --host and --actor alone")
        }
    }

    func run() async throws {
        let output = try global.listOutput()
        if let exposedSince {
            return try await listExposed(since: exposedSince.date(now: Date()), to: output)
        }
        try await unlock.withService { service in
            var wanted = period.limiting(try await filter.query(service), now: Date())
            wanted.limit = limit
            // Line by line they need not be there all at once.
            if limit == nil, output.format == .jsonl || output.format == .tsv {
                return try await AuditReader(service).forEachPage(wanted) { (page) throws(VaultError) in
                    try output.write(page, as: AuditEntry.listing)
                }
            }
            let entries = try await service.auditEntries(wanted)
            try output.write(output.format == .table ? entries.reversed() : entries, as: AuditEntry.listing)
        }
    }

    private func listExposed(since: Date, to output: Output) async throws {
        try await unlock.withService { service in
            var exposures = Exposures(
                since: since, host: filter.host, actor: filter.actor, profiles: try await service.profiles(tags: []))
            let progress = Progress("reading the record,", console: global.console)
            defer { progress.finish() }
            try await AuditReader(service).forEach(
                exposures.query, progress: { progress.show($0, of: $1) }, { exposures.add($0) })
            progress.finish()
            try output.write(exposures.exposed, as: Exposure.listing)
            note(exposures)
        }
    }

    /// What no list of names to rotate can say.
    private func note(_ exposures: Exposures) {
        if !exposures.removed.isEmpty {
            let names = exposures.removed.joined(separator: ", ")
            global.console.note("removed since, so end their credentials at the provider: \(names)")
        }
        if !exposures.federated.isEmpty {
            let names = exposures.federated.map(\.description).joined(separator: ", ")
            global.console.note("federated, without a secret to rotate: \(names)")
        }
    }
}
