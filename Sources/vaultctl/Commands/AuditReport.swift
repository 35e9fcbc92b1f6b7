import ArgumentParser
import FoundationEssentials
import Vault

struct AuditReport: Verb {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page with plots about the record.",
        discussion: """
            One file of HTML that asks for nothing else: tokens over time, by profile and by audience, refusals, \
            credentials that expire, and whether the record is whole. It names profiles and people in the clear, which is \
            why its mode is 0600. When the vault is not whole the page says so and the exit code is 65.

            EXAMPLES
              vaultctl audit report november.html --since 2026-11-01 --until 2026-12-01
              vaultctl audit report etl.html --profile prod/etl --force
            """)

    @Argument(help: ArgumentHelp("The file to write.", valueName: "file"))
    var file: String

    @Flag(help: "Replace a file that is there already.")
    var force = false

    @OptionGroup var filter: AuditFilterOptions
    @OptionGroup var period: AuditPeriodOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let path = Surroundings.absolute(file)
        try unlock.checkNewFile(path, replaces: force)
        try await unlock.withService { service in
            let query = period.limiting(try await filter.query(service), now: Date())
            let page = try await page(of: query, from: service)
            var target = try NewFile(at: path, replaces: force)
            try target.write(page.bytes)
            try target.finish()
            try output.write(.done("written", path))
            if case .damaged(let message) = page.verdict { throw VaultError(.damaged, message) }
        }
    }

    private func page(of query: AuditQuery, from service: any VaultService) async throws(VaultError) -> ReportPage {
        let progress = Progress("verifying", console: global.console)
        defer { progress.finish() }
        let verdict: ReportVerdict
        do {
            verdict = .whole(try await service.verify { progress.show($0, of: $1) })
        } catch {
            guard error.code == .damaged else { throw error }
            verdict = .damaged(error.message)
        }
        progress.finish()
        let reading = Progress("reading the record,", console: global.console)
        defer { reading.finish() }
        var figures = ReportFigures()
        try await AuditReader(service).forEach(
            query, progress: { reading.show($0, of: $1) }, { figures.add($0) })
        return ReportPage(
            vault: global.vaultPath, madeAt: Date(), restriction: restriction(query), figures: figures,
            profiles: try await service.profiles(tags: []), verdict: verdict)
    }

    /// What was asked for, in words.
    private func restriction(_ query: AuditQuery) -> String? {
        let parts = [
            query.profiles.isEmpty ? nil : "profile \(query.profiles.joined(separator: " or "))",
            query.audience.map { "audience \($0)" },
            query.actor.map { "user \($0)" }, query.host.map { "host \($0)" },
            query.actions.isEmpty ? nil : "action \(query.actions.map(\.rawValue).joined(separator: " or "))",
            query.outcomes.isEmpty ? nil : "outcome \(query.outcomes.map(\.rawValue).joined(separator: " or "))",
            query.since.map { "the time from \($0.rfc3339)" }, query.until.map { "the time before \($0.rfc3339)" },
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
