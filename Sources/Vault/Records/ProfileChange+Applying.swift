extension Profile {
    /// Makes the changes.
    ///
    /// - Returns: the names of the fields that are different now.
    mutating func apply(_ change: ProfileChange) throws(VaultError) -> [String] {
        var changed: [String] = []
        func set<Value: Equatable>(_ name: String, _ field: inout Value, _ value: Value) {
            guard field != value else { return }
            field = value
            changed.append(name)
        }
        if let tenant = change.tenant { set("tenant", &self.tenant, tenant) }
        if let clientID = change.clientID { set("client id", &self.clientID, clientID) }
        if let audience = change.audience {
            set("audience", &self.audience, try audience.resolved(in: destination.cloud))
        }
        if let subscription = change.subscription { set("subscription", &self.subscription, subscription.nonEmpty) }
        if let about = change.about { set("description", &self.about, about.nonEmpty) }
        if let keyID = change.keyID {
            guard credential.keyID.map({ $0.lowercased() == keyID.lowercased() }) ?? true else {
                throw VaultError(
                    .tryAgain, "the credential of profile \(name) was replaced meanwhile",
                    hint: "vaultctl edit \(name) --live")
            }
            if credential.keyID == nil { set("key id", &credential.keyID, keyID) }
        }
        if let expires = change.secretExpiresAt { set("secret expiry", &credential.expiresAt, expires) }
        let kept = tags.filter { tag in !change.removedTags.contains { tag.matches($0) } }
        set("tags", &tags, kept + change.addedTags.filter { !kept.contains($0) })
        return changed
    }
}
