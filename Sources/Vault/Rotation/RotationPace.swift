internal import FoundationEssentials

/// How many ask at a time, and which tenants are to be left alone for a while. Whoever waits for time to pass holds no job.
actor RotationPace {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []
    private var closedUntil: [String: Date] = [:]
    private let environment: VaultEnvironment

    init(jobs: Int, environment: VaultEnvironment) {
        free = max(1, jobs)
        self.environment = environment
    }

    /// Waits until the tenant may be asked and a job is free, and takes it.
    ///
    /// - Throws: code `tryAgain` when the task is cancelled.
    func begin(_ tenant: String) async throws(VaultError) {
        while true {
            while let time = closedUntil[tenant], time > environment.now() {
                try await environment.pause(time.timeIntervalSince(environment.now()))
            }
            if free > 0 {
                free -= 1
            } else {
                // The job is handed on by whoever ends one.
                await withCheckedContinuation { waiting.append($0) }
            }
            // It may have been closed while we waited for a job.
            guard let time = closedUntil[tenant], time > environment.now() else { return }
            end()
        }
    }

    func end() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }

    /// A tenant asked to be left alone for so many seconds.
    func close(_ tenant: String, for seconds: TimeInterval) {
        let time = environment.now().addingTimeInterval(seconds)
        closedUntil[tenant] = max(time, closedUntil[tenant] ?? time)
    }
}

extension VaultEnvironment {
    /// - Throws: code `tryAgain` when the task is cancelled.
    func pause(_ seconds: TimeInterval) async throws(VaultError) {
        do {
            try await sleep(.milliseconds(Int64(max(seconds, 0) * 1000) + 1))
        } catch {
            // The one way for a sleep to fail: its task was cancelled.
            throw .cancelled
        }
    }
}
