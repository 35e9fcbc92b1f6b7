import ArgumentParser
import FoundationEssentials
import Vault

struct Issue: Verb {
    static let configuration = CommandConfiguration(
        // Parsed by itself (see Vaultctl.parse), it is no program of its own, which could be asked for its completions:
        // looking for that would take a tenth of the whole call.
        commandName: "issue", _superCommandName: "vaultctl",
        abstract: "Get a token for a profile.",
        discussion: """
            Formats: raw (the token; the default off a terminal), json, az (as 'az account get-access-token' has it), \
            env (export lines), header (Authorization: Bearer …), table (all but the token; the default on a \
            terminal). An entry of the record is committed before the token leaves.

            EXAMPLES
              curl -H "$(vaultctl issue ci -o header)" $HOST/api/2.0/clusters/list
              eval "$(vaultctl issue ci -o env)"
              vaultctl issue ci --resource arm --min-ttl 30m -o az
            """,
        aliases: ["token"])

    @Argument(help: ArgumentHelp("The profile.", valueName: "name"), transform: ProfileName.typed)
    var name: ProfileName

    @OptionGroup var audience: AudienceOptions

    @Option(help: ArgumentHelp("Another tenant than the profile's.", valueName: "id"))
    var tenant: String?

    @Option(help: ArgumentHelp("Take a cached token only if it lives this long yet.", valueName: "duration"))
    var minTtl = Period(seconds: 300)

    @Flag(help: "Ask the identity provider, whatever the cache has.")
    var forceRefresh = false

    @Option(help: ArgumentHelp("Why, for the record.", valueName: "text"))
    var reason: String?

    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let format = try TokenFormat(chosen: global.output)
        let request = TokenRequest(
            profile: name, audience: audience.choice, tenant: tenant, minimumLifetime: minTtl.seconds,
            forceRefresh: forceRefresh, reason: reason)
        if let token = try global.tokenFromAgent(request, timeout: network.timeout.seconds) {
            return try token.write(as: format, omitsSubscription: tenant != nil, console: global.console)
        }
        try await unlock.withVault(timeout: network.timeout.seconds, hint: unlock.hintToUnlock) { vault in
            let token = try await vault.issue(request)
            try token.write(as: format, omitsSubscription: tenant != nil, console: global.console)
        }
    }
}

extension IssuedToken {
    /// Writes the token as whoever asked wants it.
    borrowing func write(
        as format: TokenFormat, omitsSubscription: Bool, console: Console
    ) throws(VaultError) {
        if let warning = details.warning { console.note("warning: \(warning)") }
        if let document = TokenDocument(details, as: format, omitsSubscription: omitsSubscription) {
            try document.check(value)
            try StandardOutput.write(document.before, value, document.after)
        } else {
            let output = Output(format: .table, colours: StandardOutput.takesColours)
            try output.write(details.record(tokenLength: value.count))
        }
        console.detail(
            "entry \(details.auditSequence), from \(details.source.rawValue), expires \(details.expiresAt.rfc3339)")
    }
}

extension TokenFormat {
    /// The format that was typed; else the token off a terminal, and all but the token on one.
    ///
    /// `VAULTCTL_OUTPUT` does not count here: a list's format in the environment must not change what a script gets.
    /// - Throws: code `usage` for a format that is not one.
    init(chosen name: String?) throws(VaultError) {
        guard let name else {
            self = StandardOutput.isTerminal ? .table : .raw
            return
        }
        guard let format = TokenFormat(rawValue: name) else {
            throw VaultError(
                .usage, "that output format is not one of this command's",
                hint: "use one of \(TokenFormat.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        self = format
    }
}
