internal import Dispatch

/// Runs a task on a thread that nobody else waits for, because what it does may block.
///
/// A serial queue has a thread of its own while it has something to do; those of the language's pool, as many as there are
/// processors, would be all taken by as many clients.
final class OwnThread: TaskExecutor {
    private let queue = DispatchQueue(label: "vaultctl.endpoint.issue")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
