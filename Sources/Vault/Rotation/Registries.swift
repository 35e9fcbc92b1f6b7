internal import FoundationEssentials

/// Where each profile's credentials are registered, and with whose token that place is asked.
struct Registries: Sendable {
    let issuer: TokenIssuer
    let environment: VaultEnvironment

    /// - Parameters:
    ///   - current: the profile's credential.
    ///   - manager: whose token is used; nil: the profile's own.
    /// - Throws: code `usage` for a credential that no provider makes, or a manager who would be sent to a stranger with it.
    func registry(
        of profile: Profile, current: SharedSecret, manager: Profile?
    ) throws(VaultError) -> any CredentialRegistry {
        let manager = manager ?? profile
        try Self.check(manager, for: profile)
        let client = RegistryClient.once(environment.transport, .system(now: environment.now))
        switch (profile.destination.provider, profile.credential.kind) {
        case (_, .federated):
            throw VaultError(
                .usage,
                "profile \(profile.name) has no secret of its own: it proves itself with the assertion of another",
                hint: "vaultctl edit \(profile.name) changes where that is taken from")
        case (.entra, let kind):
            let graph = RegistryClient(
                client: client, endpoint: try Endpoint(profile.destination.cloud.graph, what: "address of Graph"),
                peer: "Microsoft Graph",
                token: token(TokenRequest(profile: manager.name, audience: .resource("graph"), tenant: profile.tenant)))
            let application = try GraphApplication(graph, clientID: profile.clientID)
            guard kind == .certificate else { return GraphPasswords(application: application) }
            return GraphKeys(
                application: application, signer: try ClientCertificate(sealed: current.bytes),
                form: profile.credential.assertionForm ?? AssertionForm())
        case (.databricks, _):
            let place = profile.destination.account?.host ?? profile.destination.workspace ?? ""
            let audience: AudienceChoice? = manager.destination.provider == .entra ? .resource("databricks") : nil
            return DatabricksSecrets(
                databricks: RegistryClient(
                    client: client, endpoint: try Endpoint(place, what: "workspace").origin, peer: "Databricks",
                    token: token(TokenRequest(profile: manager.name, audience: audience))),
                clientID: profile.clientID, account: profile.destination.account?.id,
                isSelf: manager.id == profile.id)
        }
    }

    private func token(_ request: TokenRequest) -> @Sendable (Bool) async throws(VaultError) -> SharedSecret {
        { (isFresh) async throws(VaultError) in
            var wanted = request
            wanted.reason = "to manage credentials"
            wanted.forceRefresh = isFresh
            return SharedSecret(try await issuer.issue(wanted, for: .management).takeValue())
        }
    }

    /// The manager's token goes where the profile's credentials are registered. That place must be one that the manager's
    /// own credential vouches for, or a profile that somebody slipped in would have it sent to a stranger.
    private static func check(_ manager: Profile, for profile: Profile) throws(VaultError) {
        guard manager.id != profile.id else { return }
        let (mine, theirs) = (manager.destination, profile.destination)
        let isVouchedFor =
            switch theirs.provider {
            case .entra: mine.provider == .entra && mine.cloud == theirs.cloud
            case .databricks:
                if let account = theirs.account {
                    mine.account == account || account.host == DatabricksAccount.host(in: mine.cloud)
                } else {
                    mine.workspace != nil && mine.workspace == theirs.workspace
                }
            }
        guard isVouchedFor else {
            throw VaultError(
                .usage, "profile \(manager.name) is of another cloud, workspace or account than \(profile.name)",
                hint: "name a profile that authenticates at the same place")
        }
    }
}
