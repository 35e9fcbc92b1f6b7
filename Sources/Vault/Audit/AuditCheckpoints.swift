/// The checkpoints that a record is compared with: those in its file, and one that was kept elsewhere.
struct AuditCheckpoints: Sendable {
    private let key: NoteVerifierKey
    /// Those that this vault signed.
    private(set) var marks: [AuditMark] = []

    init(_ keyring: Keyring) {
        key = keyring.checkpointKey
    }

    /// Takes a checkpoint from its row.
    mutating func addStored(_ bytes: [UInt8], at size: UInt64, _ findings: inout AuditFindings) {
        guard let note = SignedNote(parsing: bytes), note.isSigned(by: key) else {
            findings.add(
                .checkpointSignature, .checkpoint(size),
                "the checkpoint of \(size) entries is not one that this vault has signed")
            return
        }
        guard let checkpoint = Checkpoint(parsing: note.text), checkpoint.origin == key.name, checkpoint.size == size
        else {
            findings.add(
                .wrongCheckpoint, .checkpoint(size),
                "what is kept as the checkpoint of \(size) entries is signed, and is another note")
            return
        }
        add(AuditMark(size: size, root: checkpoint.root, source: .stored), &findings)
    }

    /// Takes a checkpoint that was kept elsewhere.
    ///
    /// - Throws: code `notUnderstood` for what is no checkpoint, `usage` for one of another vault.
    mutating func addGiven(_ bytes: [UInt8], _ findings: inout AuditFindings) throws(VaultError) {
        guard let note = SignedNote(parsing: bytes), let checkpoint = Checkpoint(parsing: note.text) else {
            throw VaultError(.notUnderstood, "what was given is no checkpoint", hint: "vaultctl audit checkpoint")
        }
        guard checkpoint.origin == key.name else {
            throw VaultError(
                .usage, "the checkpoint that was given is of another vault: \(checkpoint.origin.prefix(64))")
        }
        guard note.isSigned(by: key) else {
            findings.add(
                .checkpointSignature, .checkpoint(checkpoint.size),
                "the checkpoint of \(checkpoint.size) entries that was given is not one that this vault has signed")
            return
        }
        add(AuditMark(size: checkpoint.size, root: checkpoint.root, source: .given), &findings)
    }

    private mutating func add(_ mark: AuditMark, _ findings: inout AuditFindings) {
        if marks.contains(where: { $0.size == mark.size && $0.root != mark.root }) {
            findings.add(
                .checkpointsInconsistent, .checkpoint(mark.size),
                "this vault has signed two checkpoints of \(mark.size) entries with different roots",
                hint: "its history was rewritten, or it was written on two machines")
        }
        marks.append(mark)
    }

    /// The newest checkpoint in the file that is not ahead of its entries.
    func last(upTo size: UInt64) -> AuditMark? {
        marks.filter { $0.source == .stored && $0.size <= size }.max { $0.size < $1.size }
    }
}
