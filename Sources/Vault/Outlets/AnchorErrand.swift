private import FoundationEssentials
private import Glibc

/// Takes the newest note to the user's command: one errand of a vault at a time on this machine, whichever process it is
/// in, and never with an older note than the last that got there.
///
/// The note waits in a file of the state directory, where a newer one takes its place: whoever goes next takes that. It is
/// signed, so that nobody who goes needs a key.
package struct AnchorErrand: Sendable {
    package let command: String
    /// In hexadecimal.
    package let vaultID: String
    /// The state directory.
    package let directory: String

    package init(command: String, vaultID: String, directory: String) {
        self.command = command
        self.vaultID = vaultID
        self.directory = directory
    }

    private var path: String { "\(directory)/\(vaultID)" }
    private var note: KeptText { KeptText(path: path + ".note") }
    private var delivered: KeptSize { KeptSize(path: path + ".note-command") }
    private var lock: LockFile { LockFile(path: path + ".note-lock") }

    /// Puts a note where the next errand finds it, unless a newer one is there, or got there already.
    ///
    /// - Returns: whether somebody must go: not when one waits already to go next.
    /// - Throws: code `inputOutput`.
    func leave(_ checkpoint: Checkpoint, signed: SignedNote) throws(VaultError) -> Bool {
        guard try checkpoint.size > delivered.size() else { return false }
        do {
            let held = try lock.take(.noteFile)
            defer { held.release() }
            if let waiting = try newest(), waiting.checkpoint.size > checkpoint.size { return false }
            try note.write(signed.encoded)
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
        guard let newest = try newest(), try newest.checkpoint.size > delivered.size() else { return false }
        try AnchorCommand(command: command, vaultID: vaultID).put(newest.text, in: group)
        try delivered.write(newest.checkpoint.size)
        return true
    }

    /// The note that waits; nil when there is none, or what is there is none.
    private func newest() throws(VaultError) -> (text: String, checkpoint: Checkpoint)? {
        guard let text = try note.read(), let parsed = SignedNote(parsing: Array(text.utf8)),
            let checkpoint = Checkpoint(parsing: parsed.text)
        else { return nil }
        return (text, checkpoint)
    }

    /// Forgets which notes were taken, so that older ones may go again: the vault was put back, and that was accepted.
    static func forget(vaultID: String, directory: String) {
        let path = "\(directory)/\(vaultID)"
        for suffix in [".note", ".note-command", ".note-journald"] { _ = unsafe unlink(path + suffix) }
    }
}

/// How many entries the last note had that got somewhere.
struct KeptSize {
    private let text: KeptText

    init(path: String) {
        text = KeptText(path: path)
    }

    /// 0 when nothing is known.
    func size() throws(VaultError) -> UInt64 { try text.read().flatMap { UInt64($0) } ?? 0 }

    func write(_ size: UInt64) throws(VaultError) { try text.write(String(size)) }
}

/// A small file in the state directory that is there as a whole or not at all. Nothing depends on it after a power loss, so
/// that it is not made durable.
struct KeptText {
    let path: String

    /// - Returns: nil when there is none.
    /// - Throws: code `inputOutput`.
    func read() throws(VaultError) -> String? {
        do throws(Errno) {
            let bytes = try FileDescriptor(opening: path, O_RDONLY).read(atMost: SignedNote.longest + 1)
            return String(decoding: bytes, as: UTF8.self)
        } catch .noSuchFile {
            return nil
        } catch {
            throw .system(error.number, "cannot read", path: path)
        }
    }

    /// - Throws: code `inputOutput`.
    func write(_ text: String) throws(VaultError) {
        let temporary = "\(path).\(getpid())"
        do throws(Errno) {
            do {
                let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC)
                try file.write(Array(text.utf8))
            }
            guard unsafe rename(temporary, path) == 0 else { throw Errno(number: errno) }
        } catch {
            _ = unsafe unlink(temporary)
            throw .system(error.number, "cannot write", path: path)
        }
    }
}
