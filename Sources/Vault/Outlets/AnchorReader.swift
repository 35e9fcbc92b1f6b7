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

    /// Asks journalctl for what this user has sent, of which the newest counts: older ones may be sent again by anybody.
    func read(fromJournal socket: String) async -> Answer {
        await withoutBlocking { (group) throws(VaultError) in
            let shell = ShellCommand(
                command: try journalctl(socket), patience: AnchorCommand.patience, longestOutput: Self.longest)
            let output: [UInt8]
            do throws(ShellCommand.Failure) {
                let ended = try shell.run(in: group)
                if let complaint = ended.complaint { throw .notStarted(complaint) }
                output = ended.output.array()
            } catch {
                guard case .notStarted(let why) = error else { throw unreadable("it did not end, or printed too much") }
                throw unreadable(why)
            }
            var newest: Checkpoint?
            for line in output.split(separator: UInt8(ascii: "\n")) {
                guard let entry = try? JSONDecoder().decode(JournalEntry.self, from: Data(line)) else { continue }
                let found = try checkpoint(Array(entry.note.utf8), from: "the journal")
                if newest.map({ $0.size < found.size }) ?? true { newest = found }
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

    private static let mostEntries = 100
    /// Bytes that so many entries, each with a note and what the journal adds, take at the most.
    private static let longest = 1 << 20

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
            + "--lines=\(Self.mostEntries) VAULTCTL_ANCHOR=1 VAULTCTL_VAULT=\(vaultID.hexadecimal) _UID=\(getuid())"
    }

    private func unreadable(_ why: String) -> VaultError {
        VaultError(.unavailable, "the journal cannot be read: \(why)", hint: "try 'journalctl VAULTCTL_ANCHOR=1'")
    }

    /// - Throws: code `damaged` for what is no note of this vault.
    private func checkpoint(_ note: [UInt8], from place: String) throws(VaultError) -> Checkpoint {
        guard let signed = SignedNote(parsing: note), signed.isSigned(by: key),
            let checkpoint = Checkpoint(parsing: signed.text), checkpoint.origin == key.name
        else { throw VaultError(.damaged, "what \(place) has is no note that this vault has signed") }
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
