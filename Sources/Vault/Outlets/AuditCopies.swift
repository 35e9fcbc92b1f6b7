internal import Dispatch
internal import Synchronization

/// Copies of entries, for a file and for the journal: made once the entries are durable, as well as it can be done, and never
/// in the way of whoever waits for a token.
///
/// The record in the vault alone decides what happened. What a place does not take is counted and gone.
final class AuditCopies: Sendable {
    private let vaultID: String
    private let outlets: CurrentOutlets
    private let counts: DeliveryCounts
    private let queue = DispatchQueue(label: "vaultctl.copies")
    private let line = Mutex(Line())
    /// Only the queue's work takes it, and keeps it as long as a place takes.
    private let places = Mutex(Places())

    private struct Line {
        var waiting: [CommittedEntries] = []
        /// How many entries they are.
        var count = 0
        /// Those for which there was no room, and which no place's count has yet.
        var lost = 0
        var isServed = false
        var isClosed = false
        /// Whether there ever was anything to do.
        var isUsed = false
    }

    private struct Places: ~Copyable {
        var file: LineFile?
        var journal: JournalSocket?
        var journalPath: String?
    }

    /// Entries that may wait; each takes a few hundred bytes.
    private static let mostWaiting = 4096

    init(vaultID: [UInt8], outlets: CurrentOutlets, counts: DeliveryCounts) {
        self.vaultID = vaultID.hexadecimal
        self.outlets = outlets
        self.counts = counts
    }

    /// Puts entries into the line; nobody waits for what becomes of them.
    func take(_ committed: CommittedEntries) {
        let mustServe = line.withLock { line in
            guard !line.isClosed else { return false }
            var committed = committed
            let surplus = max(0, line.count + committed.events.count - Self.mostWaiting)
            committed.events.removeLast(surplus)
            line.lost += surplus
            line.count += committed.events.count
            line.waiting.append(committed)
            line.isUsed = true
            defer { line.isServed = true }
            return !line.isServed
        }
        if mustServe { queue.async { self.serve() } }
    }

    /// Waits until all that came before is where it should be, for so long at the most, and takes no more.
    func finish(within patience: DispatchTimeInterval) {
        guard line.withLock({ $0.isUsed }) else { return }
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        _ = done.wait(timeout: .now() + patience)
        line.withLock { line in
            line.isClosed = true
            line.lost += line.count
            line.waiting = []
            line.count = 0
        }
    }

    /// Those that no count has yet.
    var lost: Int { line.withLock { $0.lost } }

    private func serve() {
        while let (committed, lost) = next() { deliver(committed, lost: lost) }
    }

    private func next() -> (CommittedEntries, lost: Int)? {
        line.withLock { line in
            guard !line.waiting.isEmpty else {
                line.isServed = false
                return nil
            }
            let next = line.waiting.removeFirst()
            line.count -= next.events.count
            defer { line.lost = 0 }
            return (next, line.lost)
        }
    }

    private func deliver(_ committed: CommittedEntries, lost: Int) {
        let now: Outlets
        do throws(VaultError) {
            guard let found = try outlets.outlets(for: committed.generation) else { return }
            now = found
        } catch {
            // What is damaged is for whoever reads the vault next to say.
            counts.note(.failed(error.message), for: .sinkFile, times: committed.events.count)
            return
        }
        // Whoever reads a place sees it being switched off, too.
        let before = committed.settingsBefore.map { Outlets($0) }
        let files = Self.distinct(now.sinkFile, before?.sinkFile)
        let journals = Self.distinct(now.sinkJournal, before?.sinkJournal)
        guard !files.isEmpty || !journals.isEmpty else { return }
        if lost > 0, now.sinkFile != nil { counts.note(.dropped, for: .sinkFile, times: lost) }
        if lost > 0, now.sinkJournal != nil { counts.note(.dropped, for: .sinkJournal, times: lost) }
        let entries = committed.events.enumerated().compactMap { offset, event in
            event.event.map { AuditEntry(sequence: committed.first + UInt64(offset), event: $0) }
        }
        places.withLock { places in
            for path in files { write(entries, toFile: path, &places.file) }
            for path in journals { write(entries, toJournal: path, &places) }
        }
    }

    private static func distinct(_ paths: String?...) -> [String] {
        paths.reduce(into: []) { found, path in
            if let path, !found.contains(path) { found.append(path) }
        }
    }

    private func write(_ entries: [AuditEntry], toFile path: String, _ kept: inout LineFile?) {
        var left = entries[...]
        do throws(VaultError) {
            let file: LineFile
            if let open = kept.take(), open.path == path, open.isInPlace() {
                file = open
            } else {
                file = try LineFile(appendingTo: path)
            }
            while let entry = left.first {
                var json = JSONText(indented: false)
                json.object(entry.write)
                json.newline()
                try file.append(json.text.bytes)
                left.removeFirst()
                counts.note(.sent, for: .sinkFile)
            }
            kept = consume file
        } catch {
            counts.note(.failed(error.message), for: .sinkFile, times: left.count)
        }
    }

    private func write(_ entries: [AuditEntry], toJournal path: String, _ places: inout Places) {
        do throws(VaultError) {
            if places.journal == nil || places.journalPath != path {
                places.journal = try JournalSocket(path)
                places.journalPath = path
            }
        } catch {
            return counts.note(.failed(error.message), for: .sinkJournal, times: entries.count)
        }
        for entry in entries {
            switch places.journal?.send(JournalMessage(entry, vaultID: vaultID)) {
            case .sent?: counts.note(.sent, for: .sinkJournal)
            case .full?: counts.note(.dropped, for: .sinkJournal)
            case .failed(let why)?: counts.note(.failed(why), for: .sinkJournal)
            case nil: break
            }
        }
    }
}
