import ArgumentParser
import FoundationEssentials
import Synchronization
import Vault

struct Check: Verb {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Ask the identity provider whether credentials are still accepted.",
        discussion: """
            Asks past every cache, at most 64 at once. Exits with 1 when one is refused; when none is refused but \
            some could not be asked, with the code of that (69, 75, …). tsv has no header; its columns are profile, \
            result, audience, detail.

            EXAMPLES
              vaultctl check ci prod/etl
              vaultctl check --tag team=data -o json
              vaultctl check @prod-eu
              vaultctl check --all
            """)

    @OptionGroup var chosen: ChosenProfiles

    @Flag(help: "All profiles.")
    var all = false

    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard chosen.isGiven != all else { throw ValidationError("give profile names, @selections, --tag or --all") }
    }

    func run() async throws {
        let output = try global.listOutput()
        let findings = try await unlock.withService(timeout: network.timeout.seconds) { service in
            let wanted = try await chosen.names(service)
            let progress = Progress("checking", console: global.console)
            defer { progress.finish() }
            let findings = try await Self.check(wanted, with: service, progress: progress)
            progress.finish()
            try output.write(findings, as: Finding.listing)
            return findings
        }
        if let code = Self.exitCode(of: findings) { throw ExitCode(code.rawValue) }
    }

    /// Asks for all, each once; in the order of `names`.
    private static func check(
        _ names: [ProfileName], with service: any VaultService, progress: Progress
    ) async throws(VaultError) -> [Finding] {
        var seen: Set<ProfileName> = []
        let names = names.filter { seen.insert($0).inserted }
        let found = FindingsByName()
        try await service.check(names) { checked in
            progress.show(found.insert(Finding(checked)), of: names.count)
        }
        return found.inOrder(of: names)
    }

    /// Refused before everything else: that is the finding; then the first thing that kept an answer away.
    static func exitCode(of findings: [Finding]) -> VaultError.Code? {
        let codes = findings.compactMap { $0.error?.code }
        return codes.contains(.refused) ? .finding : codes.first
    }
}

/// Findings as they come in, in any order.
private final class FindingsByName: Sendable {
    private let findings = Mutex<[ProfileName: Finding]>([:])

    /// - Returns: how many there are now.
    func insert(_ finding: Finding) -> Int {
        findings.withLock { findings in
            findings[finding.profile] = finding
            return findings.count
        }
    }

    func inOrder(of names: [ProfileName]) -> [Finding] {
        findings.withLock { findings in
            // Whoever left one out answered wrongly, which must not look like a credential that is accepted.
            names.map { findings[$0] ?? Finding(profile: $0, error: VaultError(.unavailable, "no answer came")) }
        }
    }
}

/// What came of asking for one profile.
struct Finding: Sendable {
    var profile: ProfileName
    var audience: String?
    var error: VaultError?

    init(profile: ProfileName, audience: String? = nil, error: VaultError? = nil) {
        self.profile = profile
        self.audience = audience
        self.error = error
    }

    init(_ checked: CheckedProfile) {
        switch checked.result {
        case .success(let credential): self.init(profile: checked.profile, audience: credential.audience.resource)
        case .failure(let error): self.init(profile: checked.profile, error: error)
        }
    }

    /// `ok`, `refused`, or `unknown` where nobody answered.
    var result: (word: String, tone: Tone) {
        switch error?.code {
        case nil: ("ok", .good)
        case .refused: ("refused", .bad)
        default: ("unknown", .doubtful)
        }
    }

    static var listing: Listing<Finding> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile.description) },
                Column("result") { .word($0.result.word, $0.result.tone) },
                Column("audience") { .text($0.audience) },
                Column("detail") { .text($0.error?.message) },
            ],
            json: { json, finding in
                json.object { json in
                    json.field("aadsts", finding.error?.refusal?.aadsts.map(Int64.init))
                    json.field("audience", finding.audience)
                    json.field("detail", finding.error?.message)
                    json.field("exitCode", Int64(finding.error?.code.rawValue ?? 0))
                    json.field("profile", finding.profile.description)
                    json.field("result", finding.result.word)
                }
            })
    }
}
