/// Which profile here is which of another vault.
///
/// A profile is the one with the same row id (the vaults are copies of each other, or were merged before), else the one of
/// the same name, else, in a vault of other people, one that serves the same end under another name; always of the same
/// service principal, reached in the same way. Each is the partner of one at the most, so that none is taken for another's.
struct ProfilePairing {
    private var partners: [RowID: Profile] = [:]

    /// - Parameter areCopies: whether both vaults were one once: then somebody made the other profile beside this one, and means
    ///   both names.
    init(ours: [Profile], theirs: [Profile], areCopies: Bool) {
        var free = ours
        var rules: [(Profile, Profile) -> Bool] = [{ $0.id == $1.id }, { $0.name == $1.name }]
        if !areCopies { rules.append { $0.audience == $1.audience && $0.subscription == $1.subscription } }
        for isSame in rules {
            var byPrincipal = Dictionary(grouping: free, by: \.principal)
            for their in theirs where partners[their.id] == nil {
                guard let index = byPrincipal[their.principal]?.firstIndex(where: { isSame($0, their) }) else {
                    continue
                }
                partners[their.id] = byPrincipal[their.principal]?.remove(at: index)
            }
            free = byPrincipal.values.flatMap(\.self)
        }
    }

    /// The profile here that one of theirs is; nil when it is not here.
    func partner(of their: Profile) -> Profile? { partners[their.id] }
}

/// Who a profile authenticates as, where, and with which kind of credential.
private struct Principal: Hashable {
    var destination: Destination
    var tenant: String
    var clientID: String
    var kind: CredentialKind
}

extension Profile {
    /// Ids are GUIDs, in which case means nothing, as in domains.
    fileprivate var principal: Principal {
        Principal(
            destination: destination, tenant: tenant.lowercased(), clientID: clientID.lowercased(),
            kind: credential.kind)
    }

    /// What is different in two states of one profile, credential, name and times aside.
    func differences(from other: Profile) -> [String] {
        var found: [String] = []
        if audience != other.audience { found.append("audience") }
        if subscription != other.subscription { found.append("subscription") }
        if Set(tags) != Set(other.tags) { found.append("tags") }
        if about != other.about { found.append("description") }
        if credential.expiresAt != other.credential.expiresAt { found.append("expiry") }
        return found
    }
}

extension ProfileName {
    /// This name, or with the first number behind it under which it is free.
    ///
    /// - Returns: nil when it is too long for that.
    func unused(among taken: Set<ProfileName>) -> ProfileName? {
        guard taken.contains(self) else { return self }
        for number in 2... {
            guard let name = try? ProfileName("\(self)-\(number)") else { return nil }
            if !taken.contains(name) { return name }
        }
        return nil
    }
}
