/// A profile with its credential in the form in which the vault keeps it.
package struct StoredCredential: Sendable {
    package let profile: Profile
    /// A client secret; of a certificate what ``ClientCertificate/sealed`` gives; nothing for a federated credential.
    package let secret: SharedSecret
}

/// Stored credentials that leave the vault, and the proof that one may be given up elsewhere. Like ``revealSecret(of:reason:)``
/// no agent answers these.
extension Vault {
    /// Makes a text of stored credentials, and gives it out once each of them is durably on the record.
    ///
    /// - Parameters:
    ///   - detail: which form, and where it goes.
    ///   - make: makes the text; what it throws keeps everything in the vault, and nothing is recorded then.
    package func exportCredentials(
        of names: [ProfileName], detail: String, reason: String?,
        making make: ([StoredCredential]) throws(VaultError) -> SecretBytes
    ) throws(VaultError) -> SecretBytes {
        try records.write { (transaction) throws(VaultError) in
            let credentials = try names.map { (name) throws(VaultError) in
                try transaction.snapshot.storedCredential(of: name)
            }
            let text = try make(credentials)
            for credential in credentials {
                var event = AuditEvent(environment, .export, .ok, credential.profile)
                event.keyID = credential.profile.credential.keyID
                event.reason = reason
                event.detail = detail
                try transaction.append(event)
            }
            return text
        }
    }

    /// Whether the vault's file has these credentials, each as what its profile has: read anew with a connection of its own,
    /// so that nothing that this process remembers can answer for what is on the disk. All rows are checked, as when a vault
    /// is opened.
    ///
    /// - Returns: an answer for each. It is no for a profile that is not there; comparing takes a time that depends on the
    ///   lengths alone.
    /// - Throws: code `damaged`.
    package func isStored(_ credentials: [(name: ProfileName, secret: SharedSecret)]) throws(VaultError) -> [Bool] {
        let connection = try SQLiteConnection(path: file.path, access: .readWrite)
        let anew = try Records(
            connection: connection, keyring: records.keyring,
            schemaHash: sha256(try Schema.check(connection).schema), locks: LockFile(path: file.lockPath))
        return try anew.read { (snapshot) throws(VaultError) in
            try credentials.map { (name, secret) throws(VaultError) in
                guard let record = try snapshot.profileIfAny(named: name) else { return false }
                return try snapshot.secret(of: record).equals(secret.bytes)
            }
        }
    }
}

extension Snapshot {
    fileprivate func storedCredential(of name: ProfileName) throws(VaultError) -> StoredCredential {
        let record = try profile(named: name)
        return StoredCredential(profile: record.profile, secret: SharedSecret(try secret(of: record)))
    }
}
