/// The file of a vault that no anchor has to agree with, checked to the last row.
struct VerifiedFile {
    let path: String
    let records: Records
    let verification: Verification

    /// - Parameters:
    ///   - connection: to the file at `path`.
    ///   - locks: taken by whoever writes to it.
    /// - Throws: code `damaged` that names the first thing that is wrong.
    init(
        connection: SQLiteConnection, path: String, keyring: Keyring, locks: LockFile,
        progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) {
        let schema = try Schema.check(connection)
        self.path = path
        records = try Records(
            connection: connection, keyring: keyring, schemaHash: sha256(schema.schema), locks: locks)
        // What its settings name outside has seen the vault go on since.
        let auditVerifier = AuditVerifier(path: path, keyring: keyring, anchorFile: nil, askOutside: { _ in [] })
        verification = try await VaultVerifier(records: records, auditVerifier: auditVerifier)
            .verify(hasAnchor: false, progress: progress)
    }
}
