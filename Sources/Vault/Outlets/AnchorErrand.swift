private import Dispatch
private import Glibc

/// Takes the newest note to the user's command: one errand of a vault at a time on this machine, whichever process it is
/// in, and never with an older note than the last that got there.
///
/// The note waits in a file of the state directory, where a newer one takes its place: whoever goes next takes that. It is
/// signed, so that whoever goes needs no key but the public one, and what others put there counts for nothing.
package struct AnchorErrand: Sendable {
    package let command: String
    private let key: NoteVerifierKey
    private let directory: String

    init(command: String, key: NoteVerifierKey, directory: String) {
        self.command = command
        self.key = key
        self.directory = directory
    }

    /// An errand that another process goes.
    ///
    /// - Parameters:
    ///   - key: ``publicKey`` of the errand.
    ///   - directory: the state directory.
    /// - Returns: nil for what is no key of a vault.
    package init?(command: String, publicKey key: String, directory: String) {
        guard let key = NoteVerifierKey(key) else { return nil }
        self.init(command: command, key: key, directory: directory)
        // It becomes a part of paths.
        guard key.name == Checkpoint.origin(ofVault: []) + vaultID, vaultID.utf8.count == 32,
            vaultID.allSatisfy(\.isHexDigit)
        else { return nil }
    }

    /// The key that notes of the vault are verified with, as C2SP has it.
    package var publicKey: String { key.text }

    /// In hexadecimal.
    private var vaultID: String { String(key.name.dropFirst(Checkpoint.origin(ofVault: []).count)) }
    private var path: String { "\(directory)/\(vaultID)" }
    private var note: KeptNote { KeptNote(path: path + ".note", key: key) }
    private var delivered: KeptNote { KeptNote(path: path + ".note-command", key: key) }
    private var lock: LockFile { LockFile(path: path + ".note-lock") }

    /// For so long whoever has the keys waits for another process that replaces the note. To replace it takes less than a
    /// millisecond.
    private static let patience = DispatchTimeInterval.milliseconds(200)

    /// How many entries the largest note covers that went, or is to go.
    func seen() throws(VaultError) -> UInt64 { max(try note.size(), try delivered.size()) }

    /// Puts a note where the next errand finds it, unless a newer one is there, or got there already.
    ///
    /// - Returns: whether somebody must go: not when one waits already to go next.
    /// - Throws: codes `inputOutput`, and `tryAgain` when another process does not let go of the note.
    func leave(_ checkpoint: Checkpoint, signed: SignedNote) throws(VaultError) -> Bool {
        guard try checkpoint.size > delivered.size() else { return false }
        do {
            let held = try lock.take(.noteFile, within: Self.patience)
            defer { held.release() }
            guard try note.size() <= checkpoint.size else { return false }
            try note.write(signed)
        }
        // Whoever waits reads the file after it has let go of this lock.
        guard let held = try lock.takeIfFree(.nextErrand) else { return false }
        held.release()
        return true
    }

    /// Goes, when it is its turn. Blocks this thread, for twenty seconds at the most.
    ///
    /// - Returns: whether a note got there; false when there was none to take, or somebody else goes next.
    /// - Throws: codes `unavailable`, `inputOutput`.
    package func run() throws(VaultError) -> Bool { try run(in: ProcessGroup()) }

    func run(in group: ProcessGroup) throws(VaultError) -> Bool {
        guard let next = try lock.takeIfFree(.nextErrand) else { return false }
        let turn = try lock.take(.errand)
        defer { turn.release() }
        next.release()
        guard let newest = try note.read(), try newest.checkpoint.size > delivered.size() else { return false }
        let failure = Self.failure(vaultID: vaultID, directory: directory)
        do throws(VaultError) {
            try AnchorCommand(command: command, vaultID: vaultID).put(newest.signed.encoded, in: group)
        } catch {
            try failure.write(error.message)
            throw error
        }
        try delivered.write(newest.signed)
        try failure.remove()
        return true
    }

    /// Why the last errand failed; whoever sent it may have ended before it did.
    ///
    /// - Parameter vaultID: 16 bytes.
    /// - Returns: nil when it did not fail. As text that others may have put there.
    /// - Throws: code `inputOutput`.
    package static func lastFailure(vaultID: [UInt8], directory: String) throws(VaultError) -> String? {
        let bytes = try failure(vaultID: vaultID.hexadecimal, directory: directory).read()
        return bytes.map { ShownText.cleaned(String(decoding: $0, as: UTF8.self), limit: 240) }
    }

    private static func failure(vaultID: String, directory: String) -> KeptText {
        KeptText(path: "\(directory)/\(vaultID).note-failed")
    }

    /// Forgets which notes were taken, so that older ones may go again: the vault was put back, and that was accepted.
    static func forget(vaultID: String, directory: String) {
        let path = "\(directory)/\(vaultID)"
        for suffix in [".note", ".note-command", ".note-journald", ".note-failed"] { _ = unsafe unlink(path + suffix) }
    }
}
