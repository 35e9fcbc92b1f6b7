import ArgumentParser
import Vault

struct Edit: Verb {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change a profile.",
        discussion: """
            Where the credential is sent is bound to it: --cloud, --authority, --graph, --arm, --workspace, \
            --account and --federated-token-… take the passphrase and the credential again. An empty value clears a field. A new secret is given with 'rotate'.

            With --live the provider is asked for the id and the end of the credential in use, and both are stored, for one             profile or many: the one of the same id; else the one that begins as the secret does; else the only one.             Where that does not tell, nothing is changed and the exit code is 1. tsv then has no header; its columns are             profile, result, key id, expires, detail.

            EXAMPLES
              vaultctl edit ci --resource arm --tag team=data --untag draft
              vaultctl edit ci --workspace adb-7.1.azuredatabricks.net --secret-file F
              vaultctl edit @prod-eu --live --using admin/graph
              vaultctl edit --all --live
            """)

    @Argument(
        help: ArgumentHelp("The profile; with --live several, or @selections.", valueName: "name"),
        completion: .choices, transform: ProfileChoice.typed)
    var choices: [ProfileChoice] = []

    @Flag(help: "With --live: all profiles.")
    var all = false

    @Flag(help: "Learn key id and end of the credential from the provider.")
    var live = false

    @Option(help: ArgumentHelp("The application (client) id.", valueName: "id"))
    var clientId: String?

    @Option(help: ArgumentHelp("The directory (tenant) id or domain.", valueName: "id"))
    var tenant: String?

    @Option(help: ArgumentHelp("The subscription that az shows with its tokens.", valueName: "id"))
    var subscription: String?

    @Option(help: ArgumentHelp("Add a label, KEY=VALUE or KEY. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

    @Option(
        help: ArgumentHelp("Take a label away; KEY alone takes every value. Repeatable.", valueName: "tag"),
        transform: Tag.typed)
    var untag: [Tag] = []

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
    var description: String?

    @Option(help: ArgumentHelp("When the secret expires, YYYY-MM-DD or RFC 3339.", valueName: "date"))
    var secretExpires: Moment?

    @Flag(help: "Do not try the secret at its new destination.")
    var noCheck = false

    @OptionGroup var destination: DestinationOptions
    @OptionGroup var audience: AudienceOptions
    @OptionGroup var credential: CredentialOptions
    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        let isOtherwise = destination.isGiven || hasOtherChange || tenant != nil || credential.isGiven || noCheck
        guard !live else {
            guard choices.isEmpty == all else { throw ValidationError("give profile names, @selections or --all") }
            guard !isOtherwise else {
                throw ValidationError("--live learns from the provider, and changes nothing else")
            }
            return
        }
        guard sole != nil, !all else { throw ValidationError("give the name of one profile") }
        guard management.using == nil else { throw ValidationError("--using goes with --live") }
        guard destination.isGiven || hasOtherChange || tenant != nil else {
            throw ValidationError("nothing is to be changed")
        }
        guard destination.isGiven || !(credential.isGiven || noCheck) else {
            throw ValidationError("the secret is given with a new destination; replace it with 'vaultctl rotate'")
        }
    }

    func run() async throws {
        guard let name = sole else { return try await learn() }
        let output = try global.recordOutput()
        guard destination.isGiven else {
            try await unlock.withService { service in
                try output.write(try await service.edit(name, change(tenant: tenant)).record)
                global.console.note("changed \(name)")
            }
            return
        }
        try SecretSource.refuseSharing(credential.sources + [unlock.claimedSource])
        try await unlock.withVault(timeout: network.timeout.seconds) { vault in
            let current = try await vault.profile(named: name)
            let destination = try destination.destination(changing: current.destination)
            let (_, secret) = try credential.read(
                current.credential.kind, prompt: "client secret of \(name), again: ", unlock: unlock)
            let profile = try await vault.redirect(
                name, to: destination, with: change(tenant: tenant), secret: secret.bytes.copy(), checks: !noCheck)
            try output.write(profile.record)
            global.console.note(
                "changed \(name), whose \(current.credential.kind.noun) is sent to \(destination.tokenAuthority)")
        }
    }

    /// The one profile that is changed; nil with `--live`.
    private var sole: ProfileName? {
        if !live, choices.count == 1, case .profile(let name) = choices[0] { name } else { nil }
    }

    private func learn() async throws {
        let output = try global.listOutput()
        let learned = try await unlock.withService(timeout: network.timeout.seconds) { service in
            let learned = try await LearnedDate.learn(
                of: try await service.profiles(chosen: choices, tags: []), using: management.using,
                jobs: management.jobs, service, console: global.console)
            try output.write(learned, as: LearnedDate.listing)
            return learned
        }
        if let code = LearnedDate.exitCode(of: learned) { throw ExitCode(code.rawValue) }
    }

    private var hasOtherChange: Bool { change(tenant: nil) != ProfileChange() }

    private func change(tenant: String?) -> ProfileChange {
        ProfileChange(
            tenant: tenant, clientID: clientId, audience: audience.choice, subscription: subscription, addedTags: tag,
            removedTags: untag, about: description, secretExpiresAt: secretExpires?.date)
    }
}
