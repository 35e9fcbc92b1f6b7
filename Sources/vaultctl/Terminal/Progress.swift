import FoundationEssentials
import Glibc
import Synchronization

/// `checking 3 of 12`, on one line of standard error that is wiped at the end.
///
/// Shown only on a terminal, and only for work that has already taken a second.
final class Progress: Sendable {
    private struct State {
        var lastShown: Date
        var isShown = false
    }

    private let verb: String
    private let isWanted: Bool
    private let state: Mutex<State>

    init(_ verb: String, console: Console) {
        self.verb = verb
        isWanted = Console.isTerminal && !console.isQuiet
        state = Mutex(State(lastShown: Date().addingTimeInterval(0.9)))
    }

    func show(_ done: Int, of total: Int) { show("\(done) of \(total)") }

    /// For work of which nobody knows how much there is: `scanning 1200 files`.
    func show(_ done: Int, _ things: String) { show("\(done) \(things)") }

    private func show(_ text: @autoclosure () -> String) {
        guard isWanted else { return }
        state.withLock { state in
            guard Date().timeIntervalSince(state.lastShown) >= 0.1 else { return }
            state = State(lastShown: Date(), isShown: true)
            Self.write("\r\u{1b}[Kvaultctl: \(verb) \(text())")
        }
    }

    func finish() {
        state.withLock { state in
            if state.isShown { Self.write("\r\u{1b}[K") }
            state.isShown = false
        }
    }

    private static func write(_ text: String) {
        // A progress line that is lost loses nothing.
        _ = unsafe Array(text.utf8).withUnsafeBytes { unsafe Descriptor.write($0, to: STDERR_FILENO) }
    }
}
