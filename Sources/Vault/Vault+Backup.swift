/// A copy of a vault that was opened and verified after it was written.
public struct Backup: Sendable, Equatable {
    /// Absolute.
    public var path: String
    /// Of the vault, and of the copy; 16 bytes.
    public var vaultID: [UInt8]
    /// Bytes.
    public var fileSize: Int64
    public var profiles: Int
    /// Of the copy's record: who keeps it elsewhere can tell later whether the file is that copy.
    public var checkpoint: SignedCheckpoint
}

extension Vault {
    /// Copies the vault as of one moment, while others use it, and verifies the copy to the last row. What opens the vault
    /// today opens the copy, now and later.
    ///
    /// The entry comes first, so that the copy has it, too: put back before anything else is written, it lacks nothing.
    ///
    /// - Parameter replacing: whether a file that is at `path` is to go; it does once the new one is verified.
    /// - Throws: codes `exists`, `locked` for a network file system, `inputOutput`; `damaged` when the copy does not verify.
    ///   Whatever is at `path` then was there before.
    public func backUp(
        to path: String, replacing: Bool, progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> Backup {
        let target = try VaultFile(path)
        guard try FileStatus(of: target.directory)?.isDirectory == true else {
            throw VaultError(.exists, "cannot create \(target.path): there is no such directory")
        }
        try target.checkFileSystem()
        if !replacing, try FileStatus(of: target.path) != nil {
            throw VaultError(
                .exists, "there is a file at \(target.path) already", hint: "name another one, or give --force")
        }
        let locks = LockFile(path: file.lockPath)
        let lock = try locks.take(.copying)
        defer { lock.release() }
        var event = AuditEvent(environment, .backup, .ok)
        event.detail = "to \(target.path)"
        let begun = event
        _ = try records.write { (transaction) throws(VaultError) in try transaction.append(begun) }
        do throws(VaultError) {
            return try await copy(to: target, replacing: replacing, locks, progress: progress)
        } catch {
            throw await commits.recorded(error, event)
        }
    }

    private func copy(
        to target: VaultFile, replacing: Bool, _ locks: LockFile, progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> Backup {
        let keyring = records.keyring
        // Of two vaults that are backed up to one path at once, neither takes the other's.
        let place = "\(target.path).\(keyring.vaultID.prefix(4).hexadecimal).new"
        let copy = try DatabaseCopy(
            of: SQLiteConnection(path: file.path, access: .readWrite), at: place, orElse: .exists)
        defer { copy.discard() }
        let verified: VerifiedFile
        do throws(VaultError) {
            verified = try await VerifiedFile(
                connection: SQLiteConnection(path: copy.path, access: .readWrite), path: copy.path, keyring: keyring,
                locks: locks, progress: progress)
        } catch {
            guard error.code == .damaged else { throw error }
            throw VaultError(
                .damaged, "the copy does not verify and was removed: \(error.message)", hint: "vaultctl verify")
        }
        let size = try FileStatus(of: copy.path)?.size ?? 0
        try copy.put(at: target.path, replacing: replacing)
        return Backup(
            path: target.path, vaultID: keyring.vaultID, fileSize: size, profiles: verified.verification.profiles,
            checkpoint: keyring.signed(Checkpoint(vaultID: keyring.vaultID, verified.records.state.tree)))
    }
}
