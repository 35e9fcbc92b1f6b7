import CLinux
import Glibc

/// Waits for a file to change while somebody reads standard output.
///
/// Who writes a vault holds it until it is committed, so that a reader who is woken by the first write sees the last. That it
/// is woken is not relied upon: a second later it looks anyway, because a file system need not tell, and nothing in a file
/// says that an agent has locked it.
struct OutputWatch: ~Copyable {
    /// Of inotify(7); nil where the system has none left.
    private let changes: Int32?

    /// Milliseconds between two looks, and with nothing that wakes.
    private static let patience: Int32 = 1000
    private static let patienceAlone: Int32 = 250
    /// For so many milliseconds after a change it waits for more: whoever writes much is not asked after each.
    private static let gathering: Int32 = 20

    init(of path: String) {
        let descriptor = unsafe linux_watch_writes(path)
        changes = descriptor >= 0 ? descriptor : nil
    }

    deinit {
        if let changes { close(changes) }
    }

    /// Returns when the file may have changed.
    ///
    /// - Returns: false when nobody reads the output any more.
    borrowing func waitsForChange() -> Bool {
        guard let changes else {
            return !Self.outputEnds(within: Self.patienceAlone, orReadable: -1)
        }
        if Self.outputEnds(within: Self.patience, orReadable: changes) { return false }
        if Self.outputEnds(within: Self.gathering, orReadable: -1) { return false }
        linux_watch_forget(changes)
        return true
    }

    /// Whether nobody reads the output any more.
    static var readerIsGone: Bool { outputEnds(within: 0, orReadable: -1) }

    /// - Parameter descriptor: ends the wait, too; a negative one is not looked at.
    private static func outputEnds(within milliseconds: Int32, orReadable descriptor: Int32) -> Bool {
        // Without an event that is asked for: errors and the end are told in any case.
        var polled = [
            pollfd(fd: STDOUT_FILENO, events: 0, revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
        ]
        // Interrupted, it has waited less long, which does no harm.
        guard unsafe poll(&polled, nfds_t(polled.count), milliseconds) > 0 else { return false }
        return polled[0].revents != 0
    }
}
