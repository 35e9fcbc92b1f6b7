private import CLinux
private import Dispatch
private import Glibc
internal import Synchronization
internal import Vault

/// Lets tasks wait until descriptors can be read or written (epoll(7)), on one thread for all of them.
///
/// Tasks may run on that thread, too: one that waits for its client goes on without another thread being woken. They must
/// not keep it.
final class EventLoop: TaskExecutor {
    enum Event: Sendable {
        case ready
        case tooLate
        /// The descriptor is no longer looked at.
        case gone
    }

    private struct State {
        var known: Set<Int32> = []
        var waiting: [Int32: CheckedContinuation<Event, Never>] = [:]
        /// Of those that do not wait for as long as it takes.
        var deadlines: [Int32: ContinuousClock.Instant] = [:]
        var jobs: [UnownedJob] = []
        /// Whether the thread sleeps until something happens.
        var isAsleep = false
        var isStopped = false
        var isEnded = false

        mutating func take(_ descriptor: Int32) -> CheckedContinuation<Event, Never>? {
            deadlines[descriptor] = nil
            return waiting.removeValue(forKey: descriptor)
        }
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
        DispatchQueue(label: "vaultctl.agent.loop").async { self.watch() }
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
                state.waiting[descriptor] = continuation
                state.deadlines[descriptor] = deadline
                return true
            }
            if !isArmed { continuation.resume(returning: .gone) } else if deadline != nil { interrupt() }
        }
    }

    /// To be called before the descriptor is closed.
    func forget(_ descriptor: Int32) {
        let waiter = state.withLock { state in
            state.known.remove(descriptor)
            return state.take(descriptor)
        }
        waiter?.resume(returning: .gone)
    }

    /// Lets all who wait go, and whoever would wait later.
    func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            return Array(state.waiting.keys).compactMap { state.take($0) }
        }
        for waiter in waiting { waiter.resume(returning: .gone) }
        interrupt()
    }

    /// Ends the thread; no task may run on it any more.
    func end() {
        stop()
        state.withLock { $0.isEnded = true }
        interrupt()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isAsleep = state.withLock { state in
            state.jobs.append(job)
            defer { state.isAsleep = false }
            return state.isAsleep
        }
        if isAsleep { interrupt() }
    }

    private func interrupt() {
        var one: UInt64 = 1
        // It fails only when the counter is full, and then the thread is awake.
        _ = unsafe write(wake, &one, 8)
    }

    private func watch() {
        var ready = [Int32](repeating: 0, count: 64)
        var jobs: [UnownedJob] = []
        while true {
            let (isEnded, timeout) = state.withLock { state in
                swap(&jobs, &state.jobs)
                state.isAsleep = jobs.isEmpty
                return (state.isEnded && jobs.isEmpty, !jobs.isEmpty ? 0 : state.deadlines.isEmpty ? -1 : Self.tick)
            }
            if isEnded { break }
            for job in jobs { unsafe job.runSynchronously(on: asUnownedTaskExecutor()) }
            jobs.removeAll(keepingCapacity: true)
            let count = unsafe linux_epoll_wait(epoll, &ready, timeout)
            // What is enqueued from here on is seen without a word to ourselves.
            state.withLock { $0.isAsleep = false }
            for descriptor in ready.prefix(max(0, Int(count))) {
                if descriptor == wake {
                    var count: UInt64 = 0
                    _ = unsafe read(wake, &count, 8)
                } else {
                    state.withLock { $0.take(descriptor) }?.resume(returning: .ready)
                }
            }
            dropLate()
        }
    }

    // Not when it stops: whoever would wake it then must not write to what has got the number since.
    deinit {
        close(epoll)
        close(wake)
    }

    private func dropLate() {
        let late = state.withLock { state in
            guard !state.deadlines.isEmpty else { return [CheckedContinuation<Event, Never>]() }
            let now = ContinuousClock.now
            return state.deadlines.filter { $0.value <= now }.keys.compactMap { state.take($0) }
        }
        for waiter in late { waiter.resume(returning: .tooLate) }
    }
}
