import Vault

extension GlobalOptions {
    /// Checks a place for a new file before anybody types a passphrase for it.
    ///
    /// - Throws: code `exists` when something is there that is not to be replaced, `usage` when that is the vault.
    func checkNewFile(_ path: String, replaces: Bool) throws(VaultError) {
        try NewFile.check(path, replaces: replaces)
        // A slip with --force must not put something else in the place of the vault.
        let vault = try canonicalVaultPath()
        let place = try Vault.canonicalPath(of: path)
        guard ![vault, vault + "-journal", vault + ".lock"].contains(place) else {
            throw VaultError(.usage, "the vault itself lies there", hint: "name another file")
        }
        if let keyFile, try Vault.canonicalPath(of: Surroundings.absolute(keyFile)) == place {
            throw VaultError(.usage, "the key file that opens the vault lies there", hint: "name another file")
        }
    }
}
