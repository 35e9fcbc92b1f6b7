/// Policies: read with the settings, changed by whoever has just shown that the vault is theirs.
extension Vault {
    /// Has a policy hold from now on, on the record.
    ///
    /// - Parameter replacing: whether it may take the place of one of that name.
    /// - Throws: code `exists` for a name that is taken, `notFound` for a profile that does not exist, `usage` for a policy
    ///   that says nothing or too much.
    public func add(_ policy: Policy, replacing: Bool = false) throws(VaultError) {
        let key = SettingKey.policy(policy.name)
        let text = policy.text
        guard text.utf8.count <= SettingKey.longestValue else {
            throw VaultError(
                .usage, "policy \(policy.name) is longer than \(SettingKey.longestValue) bytes",
                hint: "name its profiles by a label, or make several policies of it")
        }
        try key.check(text)
        try records.write { (transaction) throws(VaultError) in
            let profiles = try transaction.snapshot.profiles()
            let names = try policy.coverage.profiles.map { (id) throws(VaultError) in
                guard let profile = profiles.first(where: { $0.id == id }) else {
                    throw VaultError(.notFound, "a profile of the policy is not there any more", hint: "vaultctl list")
                }
                return profile.name
            }
            let isThere = try transaction.snapshot.settings().contains { $0.key == key }
            guard replacing || !isThere else {
                throw VaultError(
                    .exists, "there is a policy \(policy.name) already", hint: "--replace, or choose another name")
            }
            try transaction.set(Setting(key: key, value: text, changedAt: environment.now()))
            var event = AuditEvent(environment, .policy, .ok)
            event.detail = "\(isThere ? "replaced" : "added") \(policy.name): \(policy.words(naming: names))"
            try transaction.append(event)
        }
    }

    /// - Throws: code `notFound` when there is none.
    public func removePolicy(named name: PolicyName) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            guard try transaction.unset(.policy(name)) else {
                throw VaultError(.notFound, "there is no policy \(name)", hint: "vaultctl policy list")
            }
            var event = AuditEvent(environment, .policy, .ok)
            event.detail = "removed \(name)"
            try transaction.append(event)
        }
    }
}
