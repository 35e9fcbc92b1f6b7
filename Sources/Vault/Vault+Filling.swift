extension Vault {
    /// Stores `count` profiles in one transaction, each with its entry, without trying a credential: how a benchmark makes
    /// a large vault.
    ///
    /// - Parameter make: gives the profile of a number from 0 on, its tenant named.
    /// - Throws: code `exists` for a name that is taken, `usage` for a missing tenant, what `make` throws; nothing is
    ///   stored then.
    package func addUntried(
        _ count: Int, _ make: (Int) throws(VaultError) -> NewProfile
    ) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            let now = environment.now()
            for number in 0..<count {
                let new = try make(number)
                guard let tenant = new.tenant else { throw VaultError(.usage, "the tenant is missing") }
                let profile = Profile(
                    id: .random(), name: new.name, destination: new.destination, tenant: tenant,
                    clientID: new.clientID,
                    credential: Credential(kind: .clientSecret, storedAt: now, expiresAt: new.secretExpiresAt),
                    audience: new.audience, subscription: new.subscription, tags: new.tags, about: new.about,
                    createdAt: now, updatedAt: now)
                try transaction.insert(profile, secret: new.secret)
                var event = AuditEvent(environment, .add, .ok, profile)
                event.audience = profile.audience?.description
                try transaction.append(event)
            }
        }
    }

    /// Appends `count` entries in one transaction, as they are: how a benchmark makes a long record.
    ///
    /// - Parameter make: gives the entry of a number from 0 on.
    package func appendEntries(_ count: Int, _ make: (Int) -> AuditEvent) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            for number in 0..<count { try transaction.append(make(number)) }
        }
    }
}
