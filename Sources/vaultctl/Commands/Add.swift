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
              vaultctl add ci --client-id ID --tenant ID --certificate both.pem
              vaultctl add k8s --client-id ID --tenant ID \
                --federated-token-file /var/run/secrets/azure/tokens/azure-identity-token
              vaultctl add dbx --provider databricks --client-id ID \
                --workspace adb-1234.5.azuredatabricks.net
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
    @OptionGroup var credential: CredentialOptions
    @OptionGroup var assertion: AssertionOptions
    @OptionGroup var network: NetworkOptions
    @OptionGroup var unlock: UnlockOptions
    var global: GlobalOptions { unlock.global }

    func run() async throws {
        let output = try global.recordOutput()
        let destination = try destination.destination()
        guard tenant != nil || destination.workspace != nil || destination.provider == .databricks else {
            throw VaultError(.usage, "--tenant is missing", hint: "give --tenant ID, or --workspace URL to find it")
        }
        // A profile with a workspace is for its tokens, unless it says otherwise.
        let audience =
            try audience.audience(in: destination.cloud)
            ?? (destination.workspace == nil || destination.provider == .databricks
                ? nil : Audience(resource: "databricks", in: destination.cloud))
        let given = credential.isGiven
        guard destination.assertion == nil || !given else {
            throw VaultError(.usage, "a federated credential has no secret", hint: "leave one of the two out")
        }
        try SecretSource.refuseSharing(credential.sources + [unlock.claimedSource])
        let store: (any VaultService) async throws -> Void = { service in
            let (kind, secret) = try credential.read(
                destination.assertion == nil ? nil : .federated, prompt: "client secret of \(name): ", unlock: unlock)
            let profile = try await service.add(
                NewProfile(
                    name: name, destination: destination, tenant: tenant, clientID: clientId, kind: kind,
                    secret: secret.bytes.copy(), secretExpiresAt: secretExpires?.date,
                    assertionForm: try assertion.form(for: kind), audience: audience, subscription: subscription,
                    tags: tag,
                    about: description, checks: !noCheck, discoversSubscription: discover))
            try output.write(profile.record)
            global.console.note(
                noCheck
                    ? "added \(name) without trying its \(kind.noun)" : "added \(name); its \(kind.noun) was accepted")
        }
        // Who may only ask the agent must not put a place of their own under a name that somebody trusts.
        if !destination.isKnown {
            try await unlock.withVault(timeout: network.timeout.seconds) { try await store($0) }
        } else {
            try await unlock.withService(timeout: network.timeout.seconds, store)
        }
    }
}
