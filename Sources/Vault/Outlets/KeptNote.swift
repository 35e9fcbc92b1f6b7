/// A note of a vault in the state directory: that which is to go next, or the last one that got somewhere.
///
/// Others may be able to write there. What the vault has not signed is as good as nothing, so that it keeps no note back.
struct KeptNote {
    private let text: KeptText
    private let key: NoteVerifierKey

    init(path: String, key: NoteVerifierKey) {
        text = KeptText(path: path)
        self.key = key
    }

    /// - Returns: nil when there is none that the vault has signed.
    /// - Throws: code `inputOutput`.
    func read() throws(VaultError) -> (signed: SignedNote, checkpoint: Checkpoint)? {
        guard let bytes = try text.read(), let signed = SignedNote(parsing: bytes),
            let checkpoint = signed.checkpoint(of: key)
        else { return nil }
        return (signed, checkpoint)
    }

    /// How many entries it covers; 0 when there is none.
    func size() throws(VaultError) -> UInt64 { try read()?.checkpoint.size ?? 0 }

    func write(_ signed: SignedNote) throws(VaultError) { try text.write(signed.encoded) }
}

extension SignedNote {
    /// What the note says of a vault.
    ///
    /// - Parameter key: the vault's, which has its name.
    /// - Returns: nil unless the key has signed it.
    func checkpoint(of key: NoteVerifierKey) -> Checkpoint? {
        guard isSigned(by: key), let checkpoint = Checkpoint(parsing: text), checkpoint.origin == key.name else {
            return nil
        }
        return checkpoint
    }
}
