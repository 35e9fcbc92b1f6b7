import ArgumentParser
import FoundationEssentials
import Vault

struct Expiring: Verb {
    static let configuration = CommandConfiguration(
        commandName: "expiring",
        abstract: "Show which credentials expire soon, and who will notice.",
        discussion: """
            Shows profiles whose secret or certificate has expired or expires soon, the first to expire first, with the last \
            token that was given out and who was given some in the last 30 days. Exits with 1 when there is one, else \
            with 0. With --live providers are asked, and more is shown: credentials that they have no more (missing), \
            applications that are gone, dates that differ, credentials that this vault does not use (orphan, foreign), and \
            what could not be asked (unknown). Nothing is changed; 'edit --live' learns the dates. How many have no known \
            end is said, too. When no provider told \
            anything it exits with the code of that (69, 76, …).

            A hook gets on its standard input what -o json prints, when something is due, for 30 s; when it fails the exit \
            code is 74. --metrics replaces a file only where that is empty or has such metrics. tsv has no header; its columns are profile, state, expires, kind, last issued, given to, \
            audience, rotation, tenant, key id, detail.

            EXAMPLES
              vaultctl expiring
              vaultctl expiring @prod-eu --within 14d --live
              vaultctl expiring --live --using admin/graph --all -o json
              vaultctl expiring --metrics /run/vaultctl-expiring/vaultctl.prom
              vaultctl expiring --hook 'mail -s "secrets expire" platform@example.com'
            """)

    @OptionGroup var chosen: ChosenProfiles

    @Option(help: ArgumentHelp("What soon means.", valueName: "duration"))
    var within = Period(seconds: 30 * 86400)

    @Flag(help: "Show all, also those that expire later, never, or nobody knows when.")
    var all = false

    @Flag(help: "Ask the providers what they have.")
    var live = false

    @Option(
        help: ArgumentHelp("Ask with the token of this profile instead of each profile's own.", valueName: "name"),
        transform: ProfileName.typed)
    var using: ProfileName?

    @Option(help: ArgumentHelp("How many ask at a time, 1 to 64.", valueName: "n"))
    var jobs = RotationOrder.mostJobs

    @Option(help: ArgumentHelp("Write metrics for Prometheus to this file.", valueName: "path"))
    var metrics: String?

    @Option(help: ArgumentHelp("Run this when something is due.", valueName: "command"))
    var hook: String?

    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    /// How far back it is told who was given tokens, in seconds.
    private static let lately: TimeInterval = 30 * 86400

    func validate() throws {
        guard live || using == nil else { throw ValidationError("--using goes with --live") }
        guard (1...RotationOrder.mostJobs).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
        guard hook?.isEmpty != true, metrics?.isEmpty != true else {
            throw ValidationError("--hook and --metrics take something that is not empty")
        }
    }

    func run() async throws {
        let output = try global.listOutput()
        let file = metrics.map(Surroundings.absolute)
        if let file {
            try unlock.checkNewFile(file, replaces: true)
            try ExpiryMetrics.checkReplaced(file)
        }
        let (board, failure) = try await unlock.withService(timeout: live ? network.timeout.seconds : nil) { service in
            let found = try await find(service)
            try output.write(found.board.shown(all: all), as: ExpiryRow.listing)
            return found
        }
        try tellOthers(board, file: file)
        if let failure { throw failure }
        if board.due > 0 { throw ExitCode(VaultError.Code.finding.rawValue) }
    }

    /// - Returns: why no provider told anything, too, where that is so.
    private func find(_ service: any VaultService) async throws -> (board: ExpiryBoard, failure: VaultError?) {
        let profiles = try await chosen.profiles(service)
        let found =
            live
            ? try await LiveCredentials.ask(service, of: profiles, using: using, jobs: jobs, console: global.console)
            : nil
        let now = Date()
        let board = ExpiryBoard(
            profiles,
            uses: try await service.uses(
                of: chosen.isGiven ? profiles.map(\.id) : nil, since: now.addingTimeInterval(-Self.lately)),
            rotations: try await service.rotations(of: nil), now: now, soon: now.addingTimeInterval(within.seconds),
            live: found)
        let failure = found?.failure
        if board.unasked > 0, failure == nil {
            global.console.note("\(board.unasked) could not be asked; their detail says why")
        }
        tellOfUnknown(board)
        return (board, failure)
    }

    /// That nothing is due is said of what has a known end alone.
    private func tellOfUnknown(_ board: ExpiryBoard) {
        guard board.unknown > 0 else { return }
        let count = board.unknown == 1 ? "1 profile has" : "\(board.unknown) profiles have"
        let hints = [live ? nil : "'vaultctl edit --live' learns it", live || all ? nil : "--all shows them"]
        let hint = hints.compactMap(\.self).joined(separator: ", ")
        global.console.note("\(count) no known end" + (hint.isEmpty ? "" : "; \(hint)"))
    }

    /// The metrics first: what scrapes them is not to wait for somebody's command.
    private func tellOthers(_ board: ExpiryBoard, file: String?) throws(VaultError) {
        var failures: [VaultError] = []
        do throws(VaultError) {
            if let file {
                try ExpiryMetrics.checkReplaced(file)
                var target = try NewFile(at: file, replaces: true, mode: 0o644)
                try target.write(ExpiryMetrics(board).bytes)
                try target.finish()
            }
        } catch { failures.append(error) }
        do throws(VaultError) {
            if let hook, board.due > 0 {
                try AlertCommand(hook).run(with: ExpiryRow.listing.document(board.shown(all: all)))
            }
        } catch { failures.append(error) }
        for failure in failures.dropLast() { global.console.report(failure) }
        if let last = failures.last { throw last }
    }
}
