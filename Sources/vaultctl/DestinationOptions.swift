import ArgumentParser
import Vault

/// Where a credential is sent.
struct DestinationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("Who issues the tokens: entra (the default) or databricks.", valueName: "provider"),
        transform: Provider.typed)
    var provider: Provider?

    @OptionGroup var own: CloudOptions

    @Option(help: ArgumentHelp("The Databricks workspace; tells the tenant and the cloud, too.", valueName: "url"))
    var workspace: String?

    @Option(help: ArgumentHelp("With --provider databricks: the account, instead of a workspace.", valueName: "id"))
    var account: String?

    @Option(help: ArgumentHelp("Of the account: the console, where it is none of Azure's.", valueName: "url"))
    var accountsHost: String?

    @OptionGroup var federation: FederationOptions
}

extension DestinationOptions {
    var isGiven: Bool {
        [workspace, account, accountsHost].contains { $0 != nil } || provider != nil || own.isGiven
            || federation.source != nil
    }

    /// The destination that the options name, with what they leave out taken from `current`.
    ///
    /// - Throws: code `usage` for a URL that is not allowed, or a cloud that is not wholly described.
    func destination(changing current: Destination? = nil) throws(VaultError) -> Destination {
        var workspace = current?.workspace
        var host: String?
        if let typed = self.workspace {
            let url = try EndpointURL.workspace(typed)
            (workspace, host) = (url.text, url.host)
        }
        let provider = provider ?? current?.provider ?? .entra
        let cloud = try own.cloud(of: host, changing: current?.cloud)
        let account = try databricksAccount(provider, cloud, changing: current?.account)
        guard provider != .databricks || account != nil || workspace != nil else {
            throw VaultError(.usage, "--provider databricks needs --workspace URL or --account ID")
        }
        return Destination(
            provider: provider, cloud: cloud, workspace: workspace, account: account,
            assertion: federation.source ?? current?.assertion)
    }

    private func databricksAccount(
        _ provider: Provider, _ cloud: Cloud, changing current: DatabricksAccount?
    ) throws(VaultError) -> DatabricksAccount? {
        guard provider == .databricks else {
            guard account == nil, accountsHost == nil else {
                throw VaultError(.usage, "--account and --accounts-host are for --provider databricks")
            }
            return nil
        }
        // A workspace that is typed takes the place of an account.
        guard let id = account ?? (workspace == nil ? current?.id : nil) else { return nil }
        let typed = try accountsHost.map { (url) throws(VaultError) in
            try EndpointURL(url, option: "--accounts-host").text
        }
        guard let host = typed ?? current?.host ?? DatabricksAccount.host(in: cloud) else {
            throw VaultError(
                .usage, "the accounts console of this cloud is not known", hint: "give --accounts-host URL")
        }
        return DatabricksAccount(id: id, host: host)
    }
}

/// What tokens are for.
struct AudienceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Whom tokens are for: a URI, an application id, or \(Audience.shortNames.joined(separator: ", ")).",
            valueName: "resource"), completion: .list(Audience.shortNames))
    var resource: String?

    @Option(help: ArgumentHelp("The same as a scope, RESOURCE/.default.", valueName: "scope"))
    var scope: String?

    func validate() throws {
        guard resource == nil || scope == nil else { throw ValidationError("give one of --resource and --scope") }
    }

    var choice: AudienceChoice? {
        if let resource { return .resource(resource) }
        return scope.map { .scope($0) }
    }

    /// The audience in `cloud`; nil when none was given.
    func audience(in cloud: Cloud) throws(VaultError) -> Audience? {
        if let resource { return try Audience(resource: resource, in: cloud) }
        if let scope { return try Audience(scope: scope) }
        return nil
    }
}
