extension VaultFile {
    /// Where the vault as it was in an older format is kept.
    func pathOfCopy(inFormat version: Int64) -> String { "\(path).format-\(version)" }

    /// Copies the database as it is committed, durably and for this user alone; one that was made before is replaced.
    ///
    /// - Throws: code `inputOutput`, as for a full disk; the vault is as it was.
    func copy(to target: String) throws(VaultError) {
        let copy = try DatabaseCopy(of: SQLiteConnection(path: path, access: .readWrite), at: target + ".new")
        defer { copy.discard() }
        try copy.put(at: target, replacing: true)
    }
}
