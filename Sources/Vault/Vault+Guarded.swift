/// What reveals a stored credential or changes what guards it. No agent answers these: they are asked of a vault that was
/// opened with a secret typed now.
extension Vault {
    /// The stored credential of a profile, on the record.
    public func revealSecret(of name: ProfileName, reason: String? = nil) throws(VaultError) -> SecretBytes {
        try records.write { (transaction) throws(VaultError) in
            let record = try transaction.snapshot.profile(named: name)
            var event = AuditEvent(environment, .reveal, .ok, record.profile)
            event.keyID = record.profile.credential.keyID
            event.reason = reason
            try transaction.append(event)
            return try transaction.snapshot.secret(of: record)
        }
    }

    /// Sends a profile's credential to another place from now on, and changes what else is to be changed with it.
    ///
    /// The credential must be given again: otherwise whoever may edit a profile could have its secret sent to a stranger.
    public func redirect(
        _ name: ProfileName, to destination: Destination, with change: ProfileChange = ProfileChange(),
        secret: consuming SecretBytes, checks: Bool = true
    ) async throws(VaultError) -> Profile {
        try await enrollment.redirect(name, to: destination, with: change, secret: secret, checks: checks)
    }

    /// Makes what is derived from the record anew: the tiles of its tree, and its index.
    ///
    /// - Parameter progress: called now and then.
    /// - Returns: how many entries there were.
    public func reindexAudit(progress: (_ done: Int, _ of: Int) -> Void) throws(VaultError) -> Int {
        try records.write { (transaction) throws(VaultError) in
            let count = Int(transaction.snapshot.state.tree.size)
            try transaction.rebuildDerived { progress(Int($0), count) }
            var event = AuditEvent(environment, .reindex, .ok)
            event.detail = "entries: \(count)"
            try transaction.append(event)
            return count
        }
    }

    /// Takes the file as it is for the truth from now on, after it was restored or written on two machines.
    ///
    /// - Parameter reason: goes onto the record.
    public func acceptAnchor(reason: String) throws(VaultError) {
        try records.write { (transaction) throws(VaultError) in
            var event = AuditEvent(environment, .acceptAnchor, .ok)
            event.reason = reason
            event.detail = "at entry \(transaction.snapshot.state.tree.size)"
            try transaction.append(event)
        }
        try takeAnchor()
    }

    /// Has this machine measure the vault by its present state from now on, whatever it has seen before.
    func takeAnchor() throws(VaultError) {
        // What was sent elsewhere may have been of a later file; who keeps it there decides what that means.
        AnchorErrand.forget(vaultID: records.keyring.vaultID.hexadecimal, directory: environment.stateDirectory)
        try anchorFile.write(
            Anchor(vaultID: records.keyring.vaultID, records.state), key: records.keyring.anchorKey, lowering: true)
    }
}
