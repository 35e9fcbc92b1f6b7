private import Dispatch
private import FoundationEssentials
private import Glibc

/// Reads back what places outside keep of a vault. What they say counts only when the vault's own key has signed it.
struct AnchorReader: Sendable {
    let vaultID: [UInt8]
    let key: NoteVerifierKey

    typealias Answer = Result<Checkpoint?, VaultError>

    /// Asks the user's command.
    func read(fromCommand command: String) async -> Answer {
        await withoutBlocking { (group) throws(VaultError) in
            let asked = AnchorCommand(command: command, vaultID: vaultID.hexadecimal)
            guard let note = try asked.get(in: group) else { return nil }
            return try checkpoint(note, from: "the anchor command")
        }
    }

    /// Asks journalctl for what this user has sent. The largest note counts: older ones may be sent again by anybody who runs
    /// as that user, and so may what is no note at all, which says nothing of the vault.
    func read(fromJournal socket: String) async -> Answer {
        await withoutBlocking { (group) throws(VaultError) in
            let shell = ShellCommand(
                command: try journalctl(socket), patience: AnchorCommand.patience, longestOutput: Self.longest)
            var newest: Checkpoint?
            do throws(ShellCommand.Failure) {
                let complaint = try shell.forEachLine(upTo: SignedNote.longest, in: group) { line in
                    guard let entry = try? JSONDecoder().decode(JournalEntry.self, from: Data(line)),
                        let signed = SignedNote(parsing: Array(entry.note.utf8)),
                        // A signature takes longer to look at than a size.
                        let said = Checkpoint(parsing: signed.text), newest.map({ $0.size < said.size }) ?? true,
                        let found = signed.checkpoint(of: key)
                    else { return }
                    newest = found
                }
                if let complaint { throw .notStarted(complaint) }
            } catch {
                switch error {
                case .notStarted(let why): throw unreadable(why)
                case .tooMuch: throw unreadable("it has more than \(Self.longest >> 20) MiB of notes")
                case .tooLong: throw unreadable("it did not end in \(AnchorCommand.patience.components.seconds) s")
                case .cancelled: throw unreadable("the vault was locked")
                }
            }
            return newest
        }
    }

    private struct JournalEntry: Decodable {
        let note: String

        enum CodingKeys: String, CodingKey {
            case note = "VAULTCTL_NOTE"
        }
    }

    /// Bytes of journalctl's output, of which a note takes some 700.
    private static let longest = 64 << 20

    private func journalctl(_ socket: String) throws(VaultError) -> String {
        var space = ""
        if socket != JournalChoice.standardSocket {
            let parts = socket.split(separator: "/")
            guard parts.count == 4, parts[0] == "run", parts[1] == "systemd", parts[2].hasPrefix("journal."),
                let name = ShownText.identifier(String(parts[2].dropFirst(8)))
            else { throw unreadable("\(socket) is no name space of the machine's journal") }
            space = "--namespace=\(name) "
        }
        return "exec journalctl \(space)--quiet --no-pager --output=json --output-fields=VAULTCTL_NOTE --reverse "
            + "VAULTCTL_ANCHOR=1 VAULTCTL_VAULT=\(vaultID.hexadecimal) _UID=\(getuid())"
    }

    private func unreadable(_ why: String) -> VaultError {
        VaultError(.unavailable, "the journal cannot be read: \(why)", hint: "try 'journalctl VAULTCTL_ANCHOR=1'")
    }

    /// - Throws: code `damaged` for what is no note of this vault.
    private func checkpoint(_ note: [UInt8], from place: String) throws(VaultError) -> Checkpoint {
        guard let checkpoint = SignedNote(parsing: note)?.checkpoint(of: key) else {
            throw VaultError(.damaged, "what \(place) has is no note that this vault has signed")
        }
        return checkpoint
    }

    /// It waits for another process, and a thread of the pool is not for that. What it runs is killed when the task is
    /// cancelled.
    private func withoutBlocking(
        _ body: @escaping @Sendable (ProcessGroup) throws(VaultError) -> Checkpoint?
    ) async -> Answer {
        let group = ProcessGroup()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(returning: Result { () throws(VaultError) in try body(group) })
                }
            }
        } onCancel: {
            group.kill()
        }
    }
}
