internal import FoundationEssentials

/// Checks everything that can be checked with the keys at hand: every row opens and is where it belongs, the live rows are
/// those of the state, and the record is whole.
struct VaultVerifier {
    let records: Records
    let auditVerifier: AuditVerifier

    /// - Parameter hasAnchor: whether there is an anchor; that it agrees was checked when the vault was opened.
    /// - Throws: code `damaged` that names the first thing that is wrong.
    func verify(
        hasAnchor: Bool, progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> Verification {
        let verification = try records.read { (snapshot) throws(VaultError) in
            try LiveRowsVerifier(snapshot: snapshot).verify(hasAnchor: hasAnchor)
        }
        let audit = try await auditVerifier.verify(AuditVerificationRequest(), progress: progress)
        // Here it is of no interest what could not be checked: with these keys everything could be.
        if let finding = audit.findings.first(where: { $0.verdict != .warning }) {
            throw .damaged(finding.first.message)
        }
        return verification
    }
}

/// Checks the rows that live, as of one moment.
private struct LiveRowsVerifier {
    let snapshot: Snapshot

    /// - Returns: what was found, and what the record should be.
    func verify(hasAnchor: Bool) throws(VaultError) -> Verification {
        try snapshot.checkRows(schemaHash: snapshot.state.schemaHash)
        try snapshot.store.checkIntegrity()
        var profiles: [RowID: Profile] = [:]
        try snapshot.forEachProfile { (record) throws(VaultError) in
            _ = try snapshot.secret(of: record)
            profiles[record.profile.id] = record.profile
        }
        guard UInt64(profiles.count) == snapshot.state.rows[.profile, default: 0] else {
            throw .damaged("two profiles have one id")
        }
        let tokens = try snapshot.tokens()
        for token in tokens { try verify(token, profiles) }
        let rotations = try snapshot.rotations()
        for rotation in rotations {
            _ = try snapshot.secrets(of: rotation)
            guard profiles[rotation.rotation.profile] != nil else {
                throw .damaged("rotation row \(rotation.rotation.id) belongs to no profile")
            }
        }
        // Whatever their keys: those of a newer program open too.
        _ = try snapshot.settings()
        return Verification(
            profiles: profiles.count, tokens: tokens.count, rotations: rotations.count,
            settings: Int(snapshot.state.rows[.setting, default: 0]), auditEntries: snapshot.state.tree.size,
            auditRoot: snapshot.state.tree.root, anchorAgrees: hasAnchor)
    }

    private func verify(_ token: StoredToken, _ profiles: [RowID: Profile]) throws(VaultError) {
        _ = try snapshot.keyring.value(of: token)
        let name = token.row.id.hexadecimal
        guard let profile = profiles[token.record.profile] else {
            throw .damaged("token row \(name) belongs to no profile")
        }
        let tag = RowTag.token(
            profile: profile.id, destination: profile.destination, tenant: token.record.tenant,
            clientID: profile.clientID, credential: profile.credential.kind, audience: token.record.audience,
            snapshot.keyring)
        guard constantTimeEqual(tag.bytes, token.row.tag) else {
            throw .damaged("token row \(name): its tag is not that of its content")
        }
    }
}
