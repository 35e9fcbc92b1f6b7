import CredentialFiles
import Vault

/// Who is in the vault already, or comes before in the same import: found at once, however many there are.
struct KnownPrincipals {
    /// Where it is asked for tokens, who asks, and with what kind of credential.
    fileprivate struct Key: Hashable {
        var authority: String
        var clientID: String
        var kind: CredentialKind
    }

    fileprivate struct Principal {
        var tenant: String?
        var workspace: String?
        var name: ProfileName
        /// The entry of this import, nil for one of the vault.
        var index: Int?
    }

    private var principals: [Key: [Principal]] = [:]
    private var names: Set<ProfileName> = []
    private var byClientID: [String: ProfileName] = [:]

    init(_ profiles: [Profile]) {
        for profile in profiles {
            insert(
                Principal(tenant: profile.tenant, workspace: profile.destination.workspace, name: profile.name),
                Key(profile.destination, profile.clientID, profile.credential.kind))
            byClientID[profile.clientID.lowercased()] = profile.name
        }
    }

    func isTaken(_ name: ProfileName) -> Bool { names.contains(name) }

    /// Any profile of the vault with that client id.
    func profile(clientID: String) -> ProfileName? { byClientID[clientID.lowercased()] }

    /// The same service principal with the same kind of credential.
    ///
    /// - Parameter name: nil where names say nothing; else it is the same only under this name, or what an earlier import made
    ///   of it, for a file of our own may have one service principal under two names, as a vault may.
    func same(as found: FoundCredential, name: ProfileName?) -> (name: ProfileName, index: Int?)? {
        let names = name.map { [$0] + $0.withSuffixes(clientID: found.clientID) }
        let same = principals[Key(found.destination, found.clientID, found.kind)]?.first { principal in
            names?.contains(principal.name) ?? true && principal.hasTenant(of: found)
        }
        return same.map { ($0.name, $0.index) }
    }

    mutating func insert(_ found: FoundCredential, name: ProfileName, index: Int) {
        insert(
            Principal(
                tenant: found.tenant, workspace: found.destination.workspace, name: name, index: index),
            Key(found.destination, found.clientID, found.kind))
    }

    private mutating func insert(_ principal: Principal, _ key: Key) {
        principals[key, default: []].append(principal)
        names.insert(principal.name)
    }
}

extension KnownPrincipals.Key {
    fileprivate init(_ destination: Destination, _ clientID: String, _ kind: CredentialKind) {
        self.init(authority: destination.tokenAuthority.lowercased(), clientID: clientID.lowercased(), kind: kind)
    }
}

extension KnownPrincipals.Principal {
    /// A tenant that is still to be found is that of its workspace.
    fileprivate func hasTenant(of found: FoundCredential) -> Bool {
        guard let tenant, let other = found.tenant else { return workspace == found.destination.workspace }
        return tenant.lowercased() == other.lowercased()
    }
}

extension FoundCredential {
    var kind: CredentialKind {
        switch proof {
        case .clientSecret: .clientSecret
        case .certificate, .certificateText: .certificate
        case .federated: .federated
        }
    }
}
