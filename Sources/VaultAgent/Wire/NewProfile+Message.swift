internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension NewProfile {
    /// All but the secret, which goes in a frame of its own.
    var message: AgentRequest.Add {
        var message = AgentRequest.Add()
        message.profile.name = name.description
        message.profile.provider = destination.provider.rawValue
        message.profile.cloud = destination.cloud.name
        message.profile.authority = destination.cloud.authority
        message.profile.graph = destination.cloud.graph
        message.profile.arm = destination.cloud.arm
        message.profile.workspace = destination.workspace ?? ""
        message.profile.tenant = tenant ?? ""
        message.profile.clientID = clientID
        message.profile.credentialKind = kind.rawValue
        if let account = destination.account { message.profile.account = .init(account) }
        if let source = destination.assertion { message.profile.assertionSource = .init(source) }
        if let assertionForm { message.profile.assertionForm = .init(assertionForm) }
        message.profile.credentialExpires = secretExpiresAt?.milliseconds ?? 0
        message.profile.scope = audience?.scope ?? ""
        message.profile.subscription = subscription ?? ""
        message.profile.tags = tags.map(\.description)
        message.profile.about = about ?? ""
        message.checks = checks
        message.discoversSubscription = discoversSubscription
        return message
    }

    /// - Throws: code `usage` for a provider that is not known, and for a name, a tag, an audience or a time that is not
    ///   allowed.
    init(_ message: AgentRequest.Add, secret: consuming SecretBytes) throws(VaultError) {
        let sealed = message.profile
        guard let provider = Provider(rawValue: sealed.provider) else {
            throw VaultError(.usage, "the identity provider is none that this program knows")
        }
        guard let kind = CredentialKind(rawValue: sealed.credentialKind) else {
            throw VaultError(.usage, "the kind of credential is none that this program knows")
        }
        self.init(
            name: try ProfileName(sealed.name),
            destination: Destination(
                provider: provider,
                cloud: Cloud(name: sealed.cloud, authority: sealed.authority, graph: sealed.graph, arm: sealed.arm),
                workspace: sealed.workspace.nonEmpty,
                account: sealed.hasAccount ? DatabricksAccount(sealed.account) : nil,
                assertion: AssertionSource(sealed.assertionSource)),
            tenant: sealed.tenant.nonEmpty, clientID: sealed.clientID, kind: kind, secret: secret,
            secretExpiresAt: try Date(checked: sealed.credentialExpires),
            assertionForm: sealed.hasAssertionForm ? AssertionForm(sealed.assertionForm) : nil,
            audience: try sealed.scope.nonEmpty.map { (scope) throws(VaultError) in try Audience(scope: scope) },
            subscription: sealed.subscription.nonEmpty,
            tags: try sealed.tags.map { (tag) throws(VaultError) in try Tag(tag) }, about: sealed.about.nonEmpty,
            checks: message.checks, discoversSubscription: message.discoversSubscription)
    }
}
