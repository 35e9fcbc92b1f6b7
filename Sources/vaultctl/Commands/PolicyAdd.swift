import ArgumentParser
import Vault

struct PolicyAdd: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a policy; it holds from the next token on.",
        discussion: """
            It covers the profiles that are named, whatever they are called later, and those that have all of the labels, \
            whenever they get them. What is not mentioned is not restricted; of what is given several times one must \
            fit. An executable is what the caller says of itself and its parents (behind exec and serve: what the system \
            says of the client): a guard against mistakes, and no more. Clients of exec, serve and az have no way to \
            give a reason.

            EXAMPLES
              vaultctl policy add prod-arm --tag env=prod --audience arm --audience graph --uid 1000
              vaultctl policy add deploys --profile ci --executable terraform --executable '/opt/ci/*' --uses-per-hour 20
              vaultctl policy add break-glass --profile admin/graph --require-reason
              vaultctl policy add fresh --all-profiles --max-secret-age 90d --replace
            """)

    @Argument(help: ArgumentHelp("What it is called.", valueName: "policy"), transform: PolicyName.typed)
    var policy: PolicyName

    @Option(
        help: ArgumentHelp("A profile that it covers. Repeatable.", valueName: "name"), transform: ProfileName.typed)
    var profile: [ProfileName] = []

    @Option(
        help: ArgumentHelp(
            "It covers profiles with this label; with all of them where there are several.", valueName: "tag"),
        transform: Tag.typed)
    var tag: [Tag] = []

    @Flag(help: "It covers all profiles, and those to come.")
    var allProfiles = false

    @Option(
        help: ArgumentHelp(
            "Tokens must be for this resource, scope or short name. Repeatable.", valueName: "audience"),
        transform: PolicyRules.audience(typed:))
    var audience: [String] = []

    @Option(help: ArgumentHelp("The caller must have this user id. Repeatable.", valueName: "uid"))
    var uid: [UInt32] = []

    @Option(
        help: ArgumentHelp(
            "The caller claims to be this path or name; * stands for any characters but a slash. Repeatable.",
            valueName: "pattern"), transform: ExecutablePattern.typed)
    var executable: [ExecutablePattern] = []

    @Option(help: ArgumentHelp("So many tokens of each profile may leave within an hour.", valueName: "count"))
    var usesPerHour: Int?

    @Flag(help: "The caller must say why: issue --reason.")
    var requireReason = false

    @Option(help: ArgumentHelp("The stored secret or certificate may be so old.", valueName: "duration"))
    var maxSecretAge: Period?

    @Flag(help: "Take the place of a policy of this name.")
    var replace = false

    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard allProfiles || !profile.isEmpty || !tag.isEmpty else {
            throw ValidationError("say which profiles it covers: --profile, --tag or --all-profiles")
        }
        guard !allProfiles || (profile.isEmpty && tag.isEmpty) else {
            throw ValidationError("--all-profiles covers those of --profile and --tag, too; give the one or the others")
        }
        guard !rules.isEmpty else {
            throw ValidationError(
                "say what it asks: --audience, --uid, --executable, --uses-per-hour, --require-reason or --max-secret-age"
            )
        }
        guard usesPerHour.map(PolicyRules.usesAnHour.contains) ?? true else {
            throw ValidationError("--uses-per-hour is between 1 and \(PolicyRules.usesAnHour.upperBound)")
        }
        guard maxSecretAge.map({ PolicyRules.secretAges.contains($0.seconds) }) ?? true else {
            throw ValidationError("--max-secret-age is between 1h and 36500d")
        }
    }

    func run() async throws {
        let output = try global.recordOutput()
        try await unlock.withVault { vault in
            var coverage = PolicyCoverage(everything: allProfiles, tags: tag)
            for name in profile {
                let id = try await vault.profile(named: name).id
                if !coverage.profiles.contains(id) { coverage.profiles.append(id) }
            }
            let policy = Policy(name: policy, coverage: coverage, rules: rules)
            try vault.add(policy, replacing: replace)
            let row = PolicyRow(policy, among: try await vault.profiles())
            try output.write(row.record)
            let covered = row.covered == 1 ? "1 profile" : "\(row.covered) profiles"
            global.console.note("policy \(policy.name) covers \(covered) now")
        }
    }

    private var rules: PolicyRules {
        var rules = PolicyRules()
        rules.audiences = audience
        rules.users = uid
        rules.executables = executable
        rules.usesPerHour = usesPerHour
        rules.requiresReason = requireReason
        rules.maximumSecretAge = maxSecretAge?.seconds
        return rules
    }
}

extension PolicyName {
    /// For `@Argument(transform:)`.
    static func typed(_ text: String) throws -> PolicyName { try PolicyName(text) }
}

extension ExecutablePattern {
    /// For `@Option(transform:)`.
    fileprivate static func typed(_ text: String) throws -> ExecutablePattern { try ExecutablePattern(text) }
}
