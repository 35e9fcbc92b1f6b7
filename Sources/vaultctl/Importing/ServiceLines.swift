import Dispatch
import FoundationEssentials
import Vault
import VaultAgent

/// Ways to the vault that can be used side by side.
///
/// A vault in this process answers as many calls at once as there are. The agent answers one for each connection, and its
/// client waits with its thread, so that there are connections and threads of their own for it.
struct ServiceLines {
    private let lines: [(service: any VaultService, thread: (any TaskExecutor)?)]

    /// - Parameter count: how many calls at once.
    init(
        _ service: any VaultService, count: Int, timeout: TimeInterval, global: GlobalOptions
    ) throws(VaultError) {
        guard service is AgentClient else {
            lines = Array(repeating: (service, nil), count: count)
            return
        }
        lines = try (0..<count).map { (index) throws(VaultError) in
            let own = index == 0 ? nil : try global.agent(timeout: timeout)
            return (own ?? service, LineThread())
        }
    }

    /// Does `work` for each item, as many at once as there are lines; the results are in the order of the items.
    func each<Item: Sendable, Result: Sendable>(
        _ items: [Item], _ work: @escaping @Sendable (Item, any VaultService) async -> Result,
        done: (_ count: Int) -> Void
    ) async -> [Result] {
        var results: [Result?] = Array(repeating: nil, count: items.count)
        await withTaskGroup(of: (item: Int, line: Int, result: Result).self) { group in
            var next = 0
            func start(on line: Int) {
                guard next < items.count else { return }
                let (index, item, way) = (next, items[next], lines[line])
                next += 1
                let service = way.service
                group.addTask(executorPreference: way.thread) { (index, line, await work(item, service)) }
            }
            for line in lines.indices { start(on: line) }
            var count = 0
            for await finished in group {
                results[finished.item] = finished.result
                count += 1
                done(count)
                start(on: finished.line)
            }
        }
        return results.compactMap(\.self)
    }
}

/// A thread for one line, which may wait.
private final class LineThread: TaskExecutor {
    private let queue = DispatchQueue(label: "vaultctl.line")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
