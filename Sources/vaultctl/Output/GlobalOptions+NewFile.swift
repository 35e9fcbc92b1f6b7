import Glibc
import Vault

extension UnlockOptions {
    /// Checks a place for a new file before anybody types a passphrase for it.
    ///
    /// - Throws: code `exists` when something is there that is not to be replaced, `usage` when that is the vault, or what
    ///   opens it.
    func checkNewFile(_ path: String, replaces: Bool) throws(VaultError) {
        try global.checkNewFile(path, replaces: replaces)
        if let secretFile, try GlobalOptions.isSame(secretFile.path, as: path) {
            throw VaultError(.usage, "the file that opens the vault lies there", hint: "name another file")
        }
    }
}

extension GlobalOptions {
    /// The same for what nobody unlocks the vault for.
    func checkNewFile(_ path: String, replaces: Bool) throws(VaultError) {
        try NewFile.check(path, replaces: replaces)
        // A slip with --force must not put something else in the place of the vault.
        let vault = try canonicalVaultPath()
        let place = try Vault.canonicalPath(of: path)
        guard place != vault, !VaultCompanion.isOne(place, of: vault) else {
            throw VaultError(.usage, "the vault itself lies there", hint: "name another file")
        }
        let anchor = try Vault.canonicalPath(of: Surroundings.stateDirectory + "/anchor")
        guard PrivateDirectory.parent(of: place) != PrivateDirectory.parent(of: anchor) else {
            throw VaultError(
                .usage, "what this machine remembers of vaults lies there", hint: "name another file")
        }
        if let keyFile, try Self.isSame(Surroundings.absolute(keyFile), as: path) {
            throw VaultError(.usage, "the key file that opens the vault lies there", hint: "name another file")
        }
        if let caFilePath, try Self.isSame(Surroundings.absolute(caFilePath), as: path) {
            throw VaultError(
                .usage, "the certificate authorities that are trusted lie there", hint: "name another file")
        }
    }

    /// Whether a new file at `path` would replace what is read from `source`, whatever either is called.
    fileprivate static func isSame(_ source: String, as path: String) throws(VaultError) -> Bool {
        if try Vault.canonicalPath(of: source) == Vault.canonicalPath(of: path) { return true }
        var (read, replaced) = (stat(), stat())
        return unsafe stat(source, &read) == 0 && lstat(path, &replaced) == 0 && read.st_dev == replaced.st_dev
            && read.st_ino == replaced.st_ino
    }
}

/// Files beside a vault that are its own.
enum VaultCompanion {
    /// The vault that a restoration replaced is kept at a name that begins so.
    static let keptSuffix = ".before-restore-"
    /// What a restoration works on, until that takes the vault's place.
    static let copySuffix = ".restore"

    private static let suffixes = [
        "-journal", "-wal", "-shm", ".lock", ".reserve", ".new", copySuffix, copySuffix + "-journal",
    ]
    private static let beginnings = [keptSuffix, ".format-"]

    static func isOne(_ path: String, of vault: String) -> Bool {
        guard path.hasPrefix(vault) else { return false }
        let suffix = path.dropFirst(vault.count)
        return suffixes.contains { $0 == suffix } || beginnings.contains { suffix.hasPrefix($0) }
    }
}
