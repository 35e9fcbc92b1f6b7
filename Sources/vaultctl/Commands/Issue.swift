import ArgumentParser
import FoundationEssentials
import Glibc
import Vault

struct Issue: Verb {
    static let configuration = CommandConfiguration(
        // Parsed by itself (see Vaultctl.parse), it is no program of its own, which could be asked for its completions:
        // looking for that would take a tenth of the whole call.
        commandName: "issue", _superCommandName: "vaultctl",
        abstract: "Get a token for a profile.",
        discussion: """
            Formats: raw (the token; the default off a terminal), json, az (as 'az account get-access-token' has it), \
            env (export lines), header (Authorization: Bearer …), exec-credential (for kubectl), git (a credential \
            helper), table (all but the token; the default on a terminal). An entry of the record is committed before \
            the token leaves.

            As git's helper it answers for Azure DevOps and for workspaces of Databricks, over https; for other hosts \
            it says nothing, and git goes on to its next helper.

            EXAMPLES
              curl -H "$(vaultctl issue ci -o header)" $HOST/api/2.0/clusters/list
              eval "$(vaultctl issue ci -o env)"
              vaultctl issue ci --resource arm --min-ttl 30m -o az
              git config credential.https://dev.azure.com.helper \\
                '!vaultctl issue ci -o git'
            """,
        aliases: ["token"])

    @Argument(
        help: ArgumentHelp("The profile.", valueName: "name"), completion: .profiles, transform: ProfileName.typed)
    var name: ProfileName

    @Argument(help: ArgumentHelp("With -o git, what git says: get, store or erase.", valueName: "action"))
    var action: String?

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
        let form = try TokenForm(TokenFormat(chosen: global.output), omitsSubscription: tenant != nil)
        guard form.format != .git else { return try await answerGit() }
        guard action == nil else {
            throw VaultError(.usage, "unexpected argument", hint: "get, store and erase go with -o git")
        }
        let request = request(for: audience.choice)
        if let token = try global.tokenFromAgent(request, timeout: network.timeout.seconds) {
            return try token.write(as: form, console: global.console)
        }
        try await unlock.withVault(timeout: network.timeout.seconds, hint: unlock.hintToUnlock) { vault in
            let token = try await vault.issue(request)
            try token.write(as: form, console: global.console)
        }
    }

    private func request(for audience: AudienceChoice?) -> TokenRequest {
        TokenRequest(
            profile: name, audience: audience, tenant: tenant, minimumLifetime: minTtl.seconds,
            forceRefresh: forceRefresh, reason: reason)
    }
}

/// As a credential helper of git.
extension Issue {
    private func answerGit() async throws {
        guard let action else {
            throw VaultError(
                .usage, "with -o git there is a word for what git wants: get, store or erase",
                hint: "git adds it: git config credential.helper '!vaultctl issue \(name) -o git'")
        }
        guard audience.choice == nil else {
            throw VaultError(.usage, "with -o git the host says what the token is for", hint: "leave --resource out")
        }
        let asked = try GitCredentialRequest.reading(STDIN_FILENO)
        // What git would store is in the sealed cache already, and what it would erase expires by itself. Words that a later
        // git may have are to be passed over (gitcredentials(7)).
        guard action == "get", asked.isHTTPS else { return }
        if !asked.isOfAzure {
            // Whether it is the profile's own workspace is in the vault; nobody is asked for a passphrase to learn that.
            guard try await mayLookWithoutAsking() else { return }
        }
        try await unlock.withService(timeout: network.timeout.seconds) { service in
            let destination = try await service.profile(named: name).destination
            guard let audience = asked.audience(of: destination) else { return }
            let token = try await service.issue(request(for: audience))
            try token.write(TokenDocument(git: token.details, for: asked), console: global.console)
        }
    }

    private func mayLookWithoutAsking() async throws -> Bool {
        if unlock.claimedSource != .prompt { return true }
        return try await global.unlockedAgent(timeout: network.timeout.seconds) != nil
    }
}

/// A format, with what else decides how a token is written.
struct TokenForm {
    let format: TokenFormat
    var omitsSubscription = false
    private let credentialVersion: ExecCredentialVersion

    /// - Throws: code `notUnderstood` where kubectl asks for what there is not, before a token is asked for.
    init(_ format: TokenFormat, omitsSubscription: Bool = false) throws(VaultError) {
        self.format = format
        self.omitsSubscription = omitsSubscription
        credentialVersion =
            format == .execCredential
            ? try ExecCredentialVersion(execInfo: Surroundings.value("KUBERNETES_EXEC_INFO")) : .v1beta1
    }

    func document(_ details: TokenDetails) -> TokenDocument? {
        TokenDocument(
            details, as: format, omitsSubscription: omitsSubscription, credentialVersion: credentialVersion)
    }
}

extension IssuedToken {
    /// Writes the token as whoever asked wants it.
    borrowing func write(as form: TokenForm, console: Console) throws(VaultError) {
        try write(form.document(details), console: console)
    }

    /// Writes the token in a document, or all but the token without one.
    borrowing func write(_ document: TokenDocument?, console: Console) throws(VaultError) {
        if let warning = details.warning { console.note("warning: \(warning)") }
        if let document {
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
