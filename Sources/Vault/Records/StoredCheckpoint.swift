/// Checkpoints as rows: not sealed, because they are for others to read, and signed.
extension Keyring {
    func signed(_ checkpoint: Checkpoint) -> SignedCheckpoint {
        SignedCheckpoint(size: checkpoint.size, root: checkpoint.root, note: sign(checkpoint).encoded)
    }
}

extension SignedCheckpoint {
    /// Reads a row.
    ///
    /// - Throws: code `damaged` unless the vault signed it, for the size that it is stored under.
    init(_ row: SealedRow, of vaultID: [UInt8], key: NoteVerifierKey) throws(VaultError) {
        let size = UInt64(littleEndianBytes: row.id)
        guard let note = SignedNote(parsing: row.meta), note.isSigned(by: key),
            let checkpoint = Checkpoint(parsing: note.text),
            checkpoint == Checkpoint(vaultID: vaultID, size: size, root: checkpoint.root)
        else { throw .damaged("the checkpoint of \(size) entries is not one that this vault signed") }
        self.init(size: size, root: checkpoint.root, note: note.encoded)
    }
}

extension SealedRow {
    init(_ checkpoint: SignedCheckpoint) {
        self.init(id: checkpoint.size.littleEndianBytes, meta: Array(checkpoint.note.utf8))
    }
}

extension Snapshot {
    /// The last one, where it covers all entries; nil where entries came since.
    func currentCheckpoint() throws(VaultError) -> SignedCheckpoint? {
        guard state.checkpointSize == state.tree.size else { return nil }
        guard let row = try store.checkpoint(size: state.checkpointSize) else {
            throw .damaged("the last checkpoint, of \(state.checkpointSize) entries, is missing")
        }
        return try SignedCheckpoint(row, of: keyring.vaultID, key: keyring.checkpointKey)
    }
}
