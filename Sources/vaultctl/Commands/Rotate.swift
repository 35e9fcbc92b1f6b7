import ArgumentParser
import FoundationEssentials
import Vault

struct Rotate: Verb {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Replace credentials at their provider and in the vault.",
        discussion: """
            Has the provider make a new credential, verifies it with real token requests, uses it, keeps the old one for \
            the grace and then removes it at the provider, if this vault had it made or --retire names it. Every step \
            is written down first: what is interrupted goes on with 'rotation resume', or when 'rotate' is run again. \
            It takes Application.ReadWrite.OwnedBy and that the service principal owns its application, or --using \
            a profile that does; for a certificate Application.Read.All is enough.

            With --secret-stdin, --secret-file, --secret-fd, --prompt or --certificate the new credential was made \
            elsewhere: it is tried before it replaces the old one.

            For several profiles exits with 0 when all went well, with 76 when one was refused, else with the code of \
            the first failure. tsv has no header; its columns are profile, result, state, new key id, old kept until, \
            detail.

            EXAMPLES
              vaultctl rotate ci
              vaultctl rotate ci --lifetime 90d --grace 7d --using admin/graph
              vaultctl rotate --due 30d --tag prod --jobs 16
              vaultctl rotate @prod-eu --due 30d
              vaultctl rotate ci --dry-run
              vaultctl rotate ci --secret-stdin < new-secret
            """)

    @OptionGroup var which: DueOptions

    @Option(help: ArgumentHelp("How long the old credential is kept.", valueName: "duration"))
    var grace = Period(seconds: RotationOrder.usualGrace)

    @Option(help: ArgumentHelp("How long the new credential is to live.", valueName: "duration"))
    var lifetime: Period?

    @Option(
        help: ArgumentHelp(
            "The provider's id of a credential to remove with the old one. Repeatable.", valueName: "keyid"))
    var retire: [String] = []

    @Flag(help: "Wait for the end of the grace, and remove the old credential.")
    var wait = false

    @Flag(help: "Show what the provider has and what would be done; change nothing.")
    var dryRun = false

    @Flag(help: "Ask for a new secret that was made elsewhere.")
    var prompt = false

    @Option(help: ArgumentHelp("When such a secret expires, YYYY-MM-DD or RFC 3339.", valueName: "date"))
    var secretExpires: Moment?

    @OptionGroup var credential: CredentialOptions
    @OptionGroup var management: ManagementOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    private var isMadeElsewhere: Bool { credential.isGiven || prompt }

    func validate() throws {
        guard which.isGiven else { throw ValidationError("give profile names, @selections, --tag or --due") }
        guard !isMadeElsewhere || (which.sole != nil && !dryRun && !wait && lifetime == nil && management.using == nil)
        else {
            throw ValidationError(
                "a credential made elsewhere is for one profile, and goes with --grace and --retire alone")
        }
        guard isMadeElsewhere || secretExpires == nil else {
            throw ValidationError("--secret-expires is for a secret made elsewhere; --lifetime is for one made here")
        }
        guard retire.isEmpty || which.sole != nil else { throw ValidationError("--retire is for one profile") }
        guard lifetime.map({ $0.seconds >= 86400 }) ?? true else { throw ValidationError("--lifetime is at least 1d") }
    }

    func run() async throws {
        if isMadeElsewhere, let name = which.sole { return try await replace(name) }
        if dryRun { return try await plan() }
        var order = RotationOrder(
            .rotate([]), grace: grace.seconds, lifetime: lifetime?.seconds ?? RotationOrder.usualLifetime,
            manager: management.using, retiring: retire, jobs: management.jobs, waits: wait)
        if let due = which.due {
            order.work = .rotateDue(until: Date().addingTimeInterval(due.seconds), tags: which.chosen.tag)
        }
        try await unlock.carryOut(order, network, oneNamed: which.sole) { service in
            // Who carries out the order knows profiles and labels, and looks for what is due when its turn comes.
            guard which.due == nil || !which.chosen.choices.isEmpty else {
                // Nothing may be due; a label that nobody has is a mistake all the same.
                if which.chosen.isGiven { _ = try await which.chosen.profiles(service) }
                return nil
            }
            return .rotate(try await which.profiles(service))
        }
    }

    /// A credential that was made elsewhere.
    private func replace(_ name: ProfileName) async throws {
        let output = try global.recordOutput()
        try SecretSource.refuseSharing(credential.sources + [unlock.claimedSource])
        try await unlock.withService(timeout: network.timeout.seconds) { service in
            // Nobody is to type a secret for a profile that does not exist.
            let kind = try await service.profile(named: name).credential.kind
            let (_, secret) = try credential.read(kind, prompt: "new client secret of \(name): ", unlock: unlock)
            let rotation = try await service.replaceSecret(
                of: name, with: secret.bytes.copy(), expiresAt: secretExpires?.date, grace: grace.seconds,
                retiring: retire)
            try output.write(rotation.record(profile: name))
            global.console.note("the new \(kind.noun) of \(name) was accepted")
        }
    }

    private func plan() async throws {
        try await unlock.showPlans(network, management) { service in
            try await which.profiles(service)
        }
    }
}

/// Options that name profiles by what they have in common.
struct DueOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only those whose credential expires within that time, and rotations that are unfinished.",
            valueName: "duration"))
    var due: Period?

    @OptionGroup var chosen: ChosenProfiles

    var isGiven: Bool { due != nil || chosen.isGiven }

    /// The only profile, where one was named and nothing else.
    var sole: ProfileName? { due == nil ? chosen.sole : nil }

    /// Whom they mean.
    func profiles(_ service: any VaultService) async throws(VaultError) -> [ProfileName] {
        guard let due else { return try await chosen.names(service) }
        let profiles = try await chosen.profiles(service)
        let time = Date().addingTimeInterval(due.seconds)
        let open = Set(try await service.rotations(of: nil).filter { $0.state != .promoted }.map(\.profile))
        return profiles.filter { profile in
            open.contains(profile.id) || profile.credential.expiresAt.map { $0 <= time } ?? false
        }.map(\.name)
    }
}

/// Options of the verbs that manage credentials at their provider.
struct ManagementOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Ask the provider with the token of this profile.", valueName: "name"),
        completion: .profiles, transform: ProfileName.typed)
    var using: ProfileName?

    @Option(help: ArgumentHelp("How many ask at a time, 1 to 64.", valueName: "n"))
    var jobs = RotationOrder.usualJobs

    func validate() throws {
        guard (1...RotationOrder.mostJobs).contains(jobs) else { throw ValidationError("--jobs is 1 to 64") }
    }
}
