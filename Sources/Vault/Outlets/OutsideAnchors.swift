internal import Dispatch
internal import Synchronization

/// Takes what was last seen of a vault to places outside, in the background.
final class OutsideAnchors: Sendable {
    private let counts: DeliveryCounts
    private let queue = DispatchQueue(label: "vaultctl.anchors")
    private let state = Mutex(State())

    private struct State {
        /// What is to be run next; a newer one takes its place.
        var wanted: AnchorErrand?
        /// Of the one that runs.
        var running: ProcessGroup?
        var isServed = false
        var isClosed = false
    }

    init(counts: DeliveryCounts) {
        self.counts = counts
    }

    /// Sends a note to the journal, at once and without waiting for it, unless it has been there.
    ///
    /// - Parameter delivered: what is known of that, whichever process sent it.
    func send(_ checkpoint: Checkpoint, signed: SignedNote, toJournal path: String, delivered: KeptNote) {
        do throws(VaultError) {
            guard try checkpoint.size > delivered.size() else { return }
            let vault = String(checkpoint.origin.dropFirst(Checkpoint.origin(ofVault: []).count))
            var message = JournalMessage("vault \(vault) has \(checkpoint.size) entries", priority: 6)
            message.add("VAULTCTL_ANCHOR", "1")
            message.add("VAULTCTL_VAULT", vault)
            message.add("VAULTCTL_SIZE", String(checkpoint.size))
            message.add("VAULTCTL_NOTE", signed.encoded)
            switch try JournalSocket(path).send(message) {
            case .sent:
                counts.note(.sent, for: .anchorJournal)
                try delivered.write(signed)
            case .full: counts.note(.dropped, for: .anchorJournal)
            case .failed(let why): counts.note(.failed(why), for: .anchorJournal)
            }
        } catch {
            counts.note(.failed(error.message), for: .anchorJournal)
        }
    }

    /// Gives up a note for the command before it was tried; the next one covers the same.
    func drop() { counts.note(.dropped, for: .anchorCommand) }

    /// Runs an errand when the one before has ended; nobody waits for it.
    func run(_ errand: AnchorErrand) {
        let mustServe = state.withLock { state in
            guard !state.isClosed else { return false }
            state.wanted = errand
            defer { state.isServed = true }
            return !state.isServed
        }
        if mustServe { queue.async { self.serve() } }
    }

    /// Waits until what was begun is done, for so long at the most, and then kills it; begins nothing more.
    func finish(within patience: DispatchTimeInterval) {
        let isBusy = state.withLock { state in
            state.isClosed = true
            return state.isServed
        }
        guard isBusy else { return }
        let done = DispatchSemaphore(value: 0)
        queue.async { done.signal() }
        guard done.wait(timeout: .now() + patience) == .timedOut else { return }
        let running = state.withLock { state in
            state.wanted = nil
            return state.running
        }
        running?.kill()
    }

    private func serve() {
        while let (errand, group) = next() {
            do throws(VaultError) {
                if try errand.run(in: group) { counts.note(.sent, for: .anchorCommand) }
            } catch {
                counts.note(.failed(error.message), for: .anchorCommand)
            }
        }
    }

    private func next() -> (AnchorErrand, ProcessGroup)? {
        state.withLock { state in
            let errand = state.wanted.take()
            let group = errand.map { _ in ProcessGroup() }
            state.running = group
            guard let errand, let group else {
                state.isServed = false
                return nil
            }
            return (errand, group)
        }
    }
}
