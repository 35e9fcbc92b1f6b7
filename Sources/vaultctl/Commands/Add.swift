import ArgumentParser
import Vault

struct Add: Verb {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Store a service principal under a name.",
        discussion: #"""
            With no source given the secret is asked for. It is tried once before it is stored, unless --no-check. A \
            cloud of your own takes the passphrase, agent or not.

            EXAMPLES
              vaultctl add ci --client-id ID --tenant ID --resource databricks
              vaultctl add prod/etl --client-id ID --tag team=data \
                --workspace adb-1234.5.azuredatabricks.net
              pass azure/ci | vaultctl add ci --client-id ID --tenant ID --secret-stdin
            """#)

    @Argument(
        help: ArgumentHelp("1 to 128 letters, digits and . _ - @ /", valueName: "name"), transform: ProfileName.typed)
    var name: ProfileName

    @Option(help: ArgumentHelp("The application (client) id.", valueName: "id"))
    var clientId: String

    @Option(
        help: ArgumentHelp(
            "The directory (tenant) id or domain; found from --workspace when left out.", valueName: "id"))
    var tenant: String?

    @Option(help: ArgumentHelp("The subscription that az shows with its tokens.", valueName: "id"))
    var subscription: String?

    @Option(help: ArgumentHelp("A label, KEY=VALUE or KEY. Repeatable.", valueName: "tag"), transform: Tag.typed)
    var tag: [Tag] = []

    @Option(help: ArgumentHelp("What it is for.", valueName: "text"))
    var description: String?

    @Option(help: ArgumentHelp("When the secret expires, YYYY-MM-DD or RFC 3339.", valueName: "date"))
    var secretExpires: Moment?

    @Flag(help: "Look for the subscription in Azure Resource Manager.")
    var discover = false

    @Flag(help: "Do not try the secret.")
    var noCheck = false

    @OptionGroup var destination: DestinationOptions
    @OptionGroup var audience: AudienceOptions
    @OptionGroup var secret: SecretOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let destination = try destination.destination()
        guard tenant != nil || destination.workspace != nil else {
            throw VaultError(.usage, "--tenant is missing", hint: "give --tenant ID, or --workspace URL to find it")
        }
        // A profile with a workspace is for its tokens, unless it says otherwise.
        let audience =
            try audience.audience(in: destination.cloud)
            ?? (destination.workspace == nil ? nil : Audience(resource: "databricks", in: destination.cloud))
        try SecretSource.refuseSharing([secret.source, unlock.claimedSource])
        let store: (any VaultService) async throws -> Void = { service in
            let secret = try secret.read(prompt: "client secret of \(name): ", unlock: unlock)
            let profile = try await service.add(
                NewProfile(
                    name: name, destination: destination, tenant: tenant, clientID: clientId, secret: secret,
                    secretExpiresAt: secretExpires?.date, audience: audience, subscription: subscription, tags: tag,
                    about: description, checks: !noCheck, discoversSubscription: discover))
            try output.write(profile.record)
            global.console.note(
                noCheck ? "added \(name) without trying its secret" : "added \(name); its secret was accepted")
        }
        // Who may only ask the agent must not put a place of their own under a name that somebody trusts.
        if Cloud.named(destination.cloud.name) == nil {
            try await unlock.withVault(timeout: network.timeout.seconds) { try await store($0) }
        } else {
            try await unlock.withService(timeout: network.timeout.seconds, store)
        }
    }
}
