import ArgumentParser
import Vault

struct Edit: Verb {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Change a profile.",
        discussion: """
            Where the credential is sent is bound to it: --cloud, --authority, --graph, --arm, --workspace, \
            --account and --federated-token-… take the passphrase and the credential again. An empty value clears a field. A new secret is given with 'rotate'.

            EXAMPLES
              vaultctl edit ci --resource arm --tag team=data --untag draft
              vaultctl edit ci --workspace adb-7.1.azuredatabricks.net --secret-file F
            """)

    @Argument(help: ArgumentHelp("The profile.", valueName: "name"), transform: ProfileName.typed)
    var name: ProfileName

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
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func validate() throws {
        guard destination.isGiven || hasOtherChange || tenant != nil else {
            throw ValidationError("nothing is to be changed")
        }
        guard destination.isGiven || !(credential.isGiven || noCheck) else {
            throw ValidationError("the secret is given with a new destination; replace it with 'vaultctl rotate'")
        }
    }

    func run() async throws {
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

    private var hasOtherChange: Bool { change(tenant: nil) != ProfileChange() }

    private func change(tenant: String?) -> ProfileChange {
        ProfileChange(
            tenant: tenant, clientID: clientId, audience: audience.choice, subscription: subscription, addedTags: tag,
            removedTags: untag, about: description, secretExpiresAt: secretExpires?.date)
    }
}
