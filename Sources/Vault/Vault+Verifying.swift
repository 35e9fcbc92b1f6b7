extension Vault {
    /// Verifies the record of a vault, also of one that ``open(at:with:environment:accepting:)`` refuses.
    ///
    /// - Throws: code `locked` for a wrong secret, `notFound`, `notUnderstood` for a newer format, `damaged` for a file whose
    ///   keys cannot be reached; what is wrong behind them is among the findings.
    public static func verifyAudit(
        at path: String, with unlocking: borrowing UnlockSecret, environment: VaultEnvironment,
        _ request: borrowing AuditVerificationRequest, progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> AuditVerification {
        let file = try VaultFile(path)
        try file.checkExisting()
        let connection = try SQLiteConnection(path: file.path, access: .readWrite)
        do throws(VaultError) {
            _ = try Schema.check(connection)
        } catch {
            // It is among the findings, once there is a key to look behind it.
            guard error.code == .damaged else { throw error }
        }
        // The set hash tells of a slot that is malformed; the others may open all the same.
        let keyring = try keys(connection, with: unlocking, gate: derivationGate(file), passingOver: true).keyring
        return try await AuditVerifier(
            path: file.path, keyring: keyring,
            anchorFile: AnchorFile(directory: environment.stateDirectory, vaultID: keyring.vaultID),
            askOutside: keyring.outsideAnchors
        ).verify(request, progress: progress)
    }

    public func verifyAudit(
        _ request: consuming AuditVerificationRequest, progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> AuditVerification {
        try await auditVerifier.verify(request, progress: progress)
    }

    var auditVerifier: AuditVerifier {
        AuditVerifier(
            path: file.path, keyring: records.keyring, anchorFile: anchorFile,
            askOutside: records.keyring.outsideAnchors)
    }
}
