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
        /// What the entry that has it is to be called; nil for one of the vault that no entry has yet.
        var claimant: ProfileName?
    }

    private var principals: [Key: [Principal]] = [:]
    private var names: Set<ProfileName> = []

    init(_ profiles: [Profile]) {
        for profile in profiles {
            insert(
                Principal(tenant: profile.tenant, workspace: profile.destination.workspace, name: profile.name),
                Key(profile.destination, profile.clientID, profile.credential.kind))
        }
    }

    func isTaken(_ name: ProfileName) -> Bool { names.contains(name) }

    /// The profile of the vault that this entry was, had nothing but its secret been taken out: with whatever kind of
    /// credential.
    func profile(of emptied: EmptiedEntry) -> ProfileName? {
        for kind in CredentialKind.allCases {
            let same = principals[Key(emptied.destination, emptied.clientID, kind)]?.first { principal in
                principal.index == nil && principal.hasTenant(emptied.tenant, emptied.destination.workspace)
            }
            if let same { return same.name }
        }
        return nil
    }

    /// Keeps the vault's profile of the same service principal under the same name, if there is one, from entries that are
    /// called otherwise: whoever has the name goes first.
    mutating func reserve(_ found: FoundCredential, name: ProfileName) {
        claim(found, as: name) { $0.index == nil && $0.name == name }
    }

    /// The same service principal with the same kind of credential.
    ///
    /// - Parameter name: what the entry is to be called; nil where names say nothing. A file of our own may have one service
    ///   principal under two names, as a vault may, so that names tell entries apart. What the vault has may have been renamed
    ///   since: it is the same under any name, for one entry.
    mutating func same(as found: FoundCredential, name: ProfileName?) -> (name: ProfileName, index: Int?)? {
        guard let name else {
            return claim(found, as: nil) { _ in true }
        }
        return claim(found, as: name) { $0.claimant == name } ?? claim(found, as: name) { $0.claimant == nil }
    }

    mutating func insert(_ found: FoundCredential, name: ProfileName, index: Int, claimant: ProfileName) {
        insert(
            Principal(
                tenant: found.tenant, workspace: found.destination.workspace, name: name, index: index,
                claimant: claimant),
            Key(found.destination, found.clientID, found.kind))
    }

    @discardableResult
    private mutating func claim(
        _ found: FoundCredential, as name: ProfileName?, where isWanted: (Principal) -> Bool
    ) -> (name: ProfileName, index: Int?)? {
        let key = Key(found.destination, found.clientID, found.kind)
        guard
            let place = principals[key]?.firstIndex(where: { principal in
                isWanted(principal) && principal.hasTenant(found.tenant, found.destination.workspace)
            }), let principal = principals[key]?[place]
        else { return nil }
        if let name { principals[key]?[place].claimant = name }
        return (principal.name, principal.index)
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
    fileprivate func hasTenant(_ other: String?, _ otherWorkspace: String?) -> Bool {
        guard let tenant, let other else { return workspace == otherWorkspace }
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
