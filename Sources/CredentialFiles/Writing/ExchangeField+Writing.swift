private import FoundationEssentials
internal import Vault

extension ExchangeField {
    /// What a profile has there; nil where it has nothing.
    func value(of credential: StoredCredential) -> ExportedValue? {
        let profile = credential.profile
        let destination = profile.destination
        let kind = profile.credential.kind
        switch self {
        case .name: return .text(profile.name.description)
        case .clientID: return .text(profile.clientID)
        case .tenant: return profile.tenant.isEmpty ? nil : .text(profile.tenant)
        case .secret: return kind == .clientSecret ? .secret(credential.secret) : nil
        case .certificate: return kind == .certificate ? .secret(credential.secret) : nil
        case .provider: return .text(destination.provider.rawValue)
        case .cloud: return .text(destination.cloud.name)
        case .authority: return ownAddress(of: destination.cloud, \.authority)
        case .graph: return ownAddress(of: destination.cloud, \.graph)
        case .arm: return ownAddress(of: destination.cloud, \.arm)
        case .workspace: return destination.workspace.map { .text($0) }
        case .account: return destination.account.map { .text($0.id) }
        case .accountsHost: return destination.account.map { .text($0.host) }
        case .scope: return profile.audience.map { .text($0.scope) }
        case .resource: return nil
        case .subscription: return profile.subscription.map { .text($0) }
        case .tags: return profile.tags.isEmpty ? nil : .list(profile.tags.map(\.description))
        case .description: return profile.about.map { .text($0) }
        case .expiresAt:
            return kind == .certificate ? nil : profile.credential.expiresAt.map { .text(Self.text(of: $0)) }
        case .assertionFrom: return destination.assertion.map { .text($0.description) }
        case .assertionAlgorithm: return profile.credential.assertionForm.map { .text($0.algorithm.rawValue) }
        case .sendsChain: return profile.credential.assertionForm.map { .flag($0.sendsChain) }
        }
    }

    /// Those of a cloud that everybody knows are left to its name.
    private func ownAddress(of cloud: Cloud, _ address: KeyPath<Cloud, String>) -> ExportedValue? {
        Cloud.known.contains(cloud) ? nil : .text(cloud[keyPath: address])
    }

    private static func text(of time: Date) -> String {
        var text = ByteText()
        text.append(rfc3339: time)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
