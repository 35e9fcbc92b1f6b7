import Dispatch
import Synchronization

/// Runs the program's tasks on the thread that it began with.
///
/// Most verbs wait for one answer at a time. The language's own pool starts four threads for the first task that waits, and
/// hands the work back and forth between them, which takes longer than an agent's answer. Nothing may need the main actor:
/// nobody serves it.
final class MainThread: TaskExecutor {
    private let jobs = Mutex<[UnownedJob]>([])
    private let arrival = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        jobs.withLock { $0.append(job) }
        arrival.signal()
    }

    /// Runs `body`, which ends the process.
    static func run(_ body: sending @escaping () async -> Never) -> Never {
        let thread = MainThread()
        Task(executorPreference: thread) { await body() }
        while true {
            // Each signal stands for one job.
            thread.arrival.wait()
            let job = thread.jobs.withLock { $0.removeFirst() }
            unsafe job.runSynchronously(on: thread.asUnownedTaskExecutor())
        }
    }
}
