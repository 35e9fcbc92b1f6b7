internal import Synchronization

/// Says that requests were refused, at most a line a second: whoever tries a secret many times must not fill a log.
final class RefusalLog: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var unsaid = 0
    }

    private let state = Mutex(State())
    private let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    func note(_ text: String) {
        let now = ContinuousClock.now
        let unsaid = state.withLock { state -> Int? in
            if let last = state.last, now - last < .seconds(1) {
                state.unsaid += 1
                return nil
            }
            defer { state = State(last: now) }
            return state.unsaid
        }
        guard let unsaid else { return }
        write("refused: \(text)" + (unsaid > 0 ? " (and \(unsaid) more before)" : ""))
    }
}
