/// The credentials of a vault by their keyed hashes: tells whose a secret is that lies somewhere else, and holds none.
///
/// The key is the vault's own, so that the hashes are of no use to anybody else; they never leave the process.
package struct SecretIndex: Sendable {
    private let key: SharedSecret
    private let names: [[UInt8]: [ProfileName]]

    fileprivate init(_ snapshot: Snapshot) throws(VaultError) {
        let key = SharedSecret(snapshot.keyring.secretHashKey)
        var names: [[UInt8]: [ProfileName]] = [:]
        try snapshot.forEachProfile { (record) throws(VaultError) in
            let secret = try snapshot.secret(of: record)
            // Federated ones have none, and nothing at all is nobody's secret.
            guard !secret.isEmpty else { return }
            names[Self.hash(of: secret, key: key), default: []].append(record.profile.name)
        }
        self.key = key
        self.names = names.mapValues { $0.sorted() }
    }

    /// The profiles that have this client secret, or a certificate of this ``ClientCertificate/sealed`` form, by name.
    package func holders(of secret: borrowing SecretBytes) -> [ProfileName] {
        names[Self.hash(of: secret, key: key), default: []]
    }

    private static func hash(of secret: borrowing SecretBytes, key: SharedSecret) -> [UInt8] {
        var hash = Blake2b(key: key.bytes)
        secret.withBytes { hash.update($0) }
        return hash.finish()
    }
}

extension Vault {
    /// What tells whether secrets that were found elsewhere are in this vault.
    package func secretIndex() throws(VaultError) -> SecretIndex {
        try records.read { (snapshot) throws(VaultError) in try SecretIndex(snapshot) }
    }
}
