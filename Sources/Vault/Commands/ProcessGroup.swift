internal import CLinux
internal import Glibc
private import Synchronization

/// A process that leads a group of its own, so that all it starts can be killed with it.
final class ProcessGroup: Sendable {
    private struct State {
        var leader: pid_t?
        /// Readable when the leader has ended; negative where the system has no such thing (before Linux 5.3).
        var ended: Int32 = -1
        var isKilled = false
    }

    private let state = Mutex(State())

    /// - Throws: what `start` throws; ``ShellCommand/Failure/cancelled`` after ``kill()``.
    func begin(_ start: () throws(ShellCommand.Failure) -> pid_t) throws(ShellCommand.Failure) {
        try state.withLock { (state) throws(ShellCommand.Failure) in
            guard !state.isKilled else { throw .cancelled }
            let leader = try start()
            state.leader = leader
            state.ended = linux_process_descriptor(leader)
        }
    }

    func kill() {
        state.withLock { state in
            state.isKilled = true
            // Until it is waited for, the number is nobody else's.
            if let leader = state.leader { _ = Glibc.kill(-leader, SIGKILL) }
        }
    }

    /// What there is to be done for a group that writes to a pipe.
    enum Event {
        /// Something can be read, or the end of it.
        case output
        /// The leader has ended, and all that it wrote was read.
        case ended
        /// Nothing of that until the deadline.
        case over
    }

    func wait(for output: Int32, until deadline: ContinuousClock.Instant) -> Event {
        let ended = state.withLock { $0.ended }
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return .over }
            // A negative descriptor is passed over (poll(2)).
            var waits = [output, ended].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let ready = unsafe poll(&waits, nfds_t(waits.count), Int32(left) + 1)
            if ready > 0 { return waits[0].revents != 0 ? .output : .ended }
            if ready < 0, errno != EINTR { return .over }
        }
    }

    /// Waits for the leader, and kills all of them when it takes longer.
    ///
    /// - Returns: its status; nil when it took longer.
    func end(_ deadline: ContinuousClock.Instant) -> Int32? {
        let (leader, ended) = state.withLock { ($0.leader, $0.ended) }
        guard let leader else { return nil }
        let isInTime = ended >= 0 && wait(for: ended, until: deadline) == .output
        if !isInTime { kill() }
        var status: Int32 = 0
        return state.withLock { state in
            while unsafe waitpid(leader, &status, 0) < 0, errno == EINTR {}
            state.leader = nil
            if ended >= 0 { close(ended) }
            state.ended = -1
            return isInTime ? status : nil
        }
    }
}
