/// What a restoration finds where it is to go.
extension Restoration {
    /// Looks at the vault that is there, and has the anchor remember what was seen.
    ///
    /// - Returns: nil where there is no file.
    static func loss(
        at file: VaultFile, _ backup: VerifiedFile, _ locks: LockFile, _ environment: VaultEnvironment
    ) throws(VaultError) -> RestoreLoss? {
        guard try FileStatus(of: file.path) != nil else { return nil }
        let anchorFile = AnchorFile(
            directory: environment.stateDirectory, vaultID: backup.records.keyring.vaultID)
        // Before the vault's state, which may go on at any time.
        let anchor = try anchorFile.read()
        let present: Records
        var loss = RestoreLoss(vaultID: nil, isAnotherVault: false)
        do throws(VaultError) {
            let connection = try SQLiteConnection(path: file.path, access: .readWrite)
            let schema = try Schema.check(connection)
            let store = VaultStore(connection: connection)
            let id = try store.vaultID()
            loss = RestoreLoss(
                vaultID: id, isAnotherVault: id != backup.records.keyring.vaultID,
                profiles: Int(try store.count(of: .profile)),
                auditEntries: Int(try store.auditBounds().map { $0.last + 1 } ?? 0))
            guard !loss.isAnotherVault else { return loss }
            loss.newerEntries = max(0, loss.auditEntries - Int(clamping: backup.records.state.tree.size))
            present = try Records(
                connection: connection, keyring: backup.records.keyring, schemaHash: sha256(schema.schema),
                locks: locks)
            let (here, there) = (
                try present.read { (snapshot) throws(VaultError) in try snapshot.content() },
                try backup.records.read { (snapshot) throws(VaultError) in try snapshot.content() }
            )
            loss.compare(here, with: there)
        } catch {
            // A vault that cannot be read is what backups are for; one that is busy is not.
            guard error.code != .tryAgain else { throw error }
            loss.trouble = error == .keysChanged ? "it was given new keys since" : error.message
            return loss
        }
        // Whoever wrote last writes the anchor after its answer, an agent within a second: an older vault must not slip in
        // before that.
        if let anchor, try agrees(anchor, with: present) {
            let keyring = present.keyring
            try anchorFile.write(Anchor(vaultID: keyring.vaultID, present.state), key: keyring.anchorKey)
        }
        return loss
    }

    private static func agrees(_ bytes: [UInt8], with present: Records) throws(VaultError) -> Bool {
        do throws(VaultError) {
            let anchor = try Anchor(read: bytes, present.keyring)
            try present.read { (snapshot) throws(VaultError) in try anchor.check(snapshot) }
            return true
        } catch {
            // Then it has seen more, or something else, and goes on remembering that.
            guard error.code == .damaged else { throw error }
            return false
        }
    }

    /// Why this machine, which has seen the vault later than the backup has, will refuse it.
    static func refusal(
        of backup: VerifiedFile, _ environment: VaultEnvironment
    ) throws(VaultError) -> VaultError? {
        let keyring = backup.records.keyring
        guard let bytes = try AnchorFile(directory: environment.stateDirectory, vaultID: keyring.vaultID).read() else {
            return nil
        }
        do throws(VaultError) {
            let anchor = try Anchor(read: bytes, keyring)
            try backup.records.read { (snapshot) throws(VaultError) in try anchor.check(snapshot) }
            return nil
        } catch {
            guard error.code == .damaged else { throw error }
            return error
        }
    }
}

extension Snapshot {
    fileprivate func content() throws(VaultError) -> VaultContent {
        VaultContent(
            profiles: try profiles(), settings: try settings(), rotations: try rotations().map(\.rotation))
    }
}
