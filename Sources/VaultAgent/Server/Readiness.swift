private import CLinux
private import Dispatch
private import Glibc
internal import Synchronization
internal import Vault

/// Lets tasks wait until descriptors can be read or written (epoll(7)), on one thread for all of them.
final class Readiness: Sendable {
    enum Event: Sendable {
        case ready
        case tooLate
        /// The descriptor is no longer looked at.
        case gone
    }

    private struct Waiter {
        var continuation: CheckedContinuation<Event, Never>
        var deadline: ContinuousClock.Instant?
    }

    private struct State {
        var known: Set<Int32> = []
        var waiting: [Int32: Waiter] = [:]
        var isStopped = false
    }

    private let epoll: Int32
    private let wake: Int32
    private let state = Mutex(State())
    /// How late a deadline may be noticed, in milliseconds.
    private static let tick: Int32 = 100

    init() throws(VaultError) {
        (epoll, wake) = (linux_epoll(), linux_eventfd())
        guard epoll >= 0, wake >= 0, linux_epoll_watch(epoll, wake) == 0 else {
            throw VaultError(.inputOutput, "the agent cannot wait for its clients: too many open files")
        }
        DispatchQueue(label: "vaultctl.agent.readiness").async { self.watch() }
    }

    /// Waits until `descriptor` can be read, or written. One task at a time waits for a descriptor.
    ///
    /// - Parameter deadline: nil: for as long as it takes.
    func wait(
        for descriptor: Int32, toWrite: Bool = false, until deadline: ContinuousClock.Instant? = nil
    ) async -> Event {
        await withCheckedContinuation { continuation in
            let isArmed = state.withLock { state in
                guard !state.isStopped else { return false }
                let isNew = state.known.insert(descriptor).inserted
                guard linux_epoll_arm(epoll, descriptor, toWrite ? 1 : 0, isNew ? 1 : 0) == 0 else { return false }
                state.waiting[descriptor] = Waiter(continuation: continuation, deadline: deadline)
                return true
            }
            if !isArmed { continuation.resume(returning: .gone) } else if deadline != nil { interrupt() }
        }
    }

    /// To be called before the descriptor is closed.
    func forget(_ descriptor: Int32) {
        let waiter = state.withLock { state in
            state.known.remove(descriptor)
            return state.waiting.removeValue(forKey: descriptor)
        }
        waiter?.continuation.resume(returning: .gone)
    }

    /// Lets all who wait go, and whoever would wait later.
    func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for waiter in waiting { waiter.continuation.resume(returning: .gone) }
        interrupt()
    }

    private func interrupt() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the thread is awake.
        _ = unsafe write(wake, &one, 8)
    }

    private func watch() {
        var ready = [Int32](repeating: 0, count: 64)
        while true {
            let (isStopped, hasDeadlines) = state.withLock { state in
                (state.isStopped, state.waiting.values.contains { $0.deadline != nil })
            }
            if isStopped { break }
            let count = unsafe linux_epoll_wait(epoll, &ready, hasDeadlines ? Self.tick : -1)
            for descriptor in ready.prefix(max(0, Int(count))) {
                if descriptor == wake {
                    var count: UInt64 = 0
                    _ = unsafe read(wake, &count, 8)
                } else {
                    let waiter = state.withLock { $0.waiting.removeValue(forKey: descriptor) }
                    waiter?.continuation.resume(returning: .ready)
                }
            }
            if hasDeadlines { dropLate() }
        }
    }

    // Not when it stops: whoever would wake it then must not write to what has got the number since.
    deinit {
        close(epoll)
        close(wake)
    }

    private func dropLate() {
        let now = ContinuousClock.now
        let late = state.withLock { state in
            let late = state.waiting.filter { $0.value.deadline.map { $0 <= now } ?? false }
            for descriptor in late.keys { state.waiting[descriptor] = nil }
            return late.values
        }
        for waiter in late { waiter.continuation.resume(returning: .tooLate) }
    }
}
