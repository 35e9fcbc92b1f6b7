internal import Dispatch
internal import Synchronization
internal import Vault

/// Lets one at a time try to unlock, later and later after wrong secrets; nobody else waits for that.
final class UnlockGate: Sendable {
    private struct State {
        var isTaken = false
        var waiting: [CheckedContinuation<Bool, Never>] = []
        var failures = 0
        var isClosed = false
    }

    private let state = Mutex(State())
    /// More would only wait.
    private static let mostWaiting = 8
    private static let longestPause = Duration.seconds(2)
    private let firstPause: Duration

    /// - Parameter firstPause: what is waited after a wrong secret: twice as long each time.
    init(firstPause: Duration) {
        self.firstPause = firstPause
    }

    var isTaken: Bool { state.withLock { $0.isTaken } }

    /// Runs `attempt` on a thread of its own, because a derivation takes as long as it does.
    ///
    /// - Throws: what it throws; code `tryAgain` when too many wait already.
    func run(
        _ attempt: @escaping @Sendable () throws(VaultError) -> Vault
    ) async throws(VaultError) -> Vault {
        try await enter()
        defer { leave() }
        let failures = state.withLock { $0.failures }
        if failures > 0 {
            let pause = min(Self.longestPause, firstPause * (1 << min(failures - 1, 8)))
            do {
                try await Task.sleep(for: pause)
            } catch {
                throw VaultError(.tryAgain, "the agent is going down")
            }
        }
        let result = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                do throws(VaultError) {
                    continuation.resume(returning: Result<Vault, VaultError>.success(try attempt()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        state.withLock { state in
            switch result {
            case .success: state.failures = 0
            case .failure(let error): state.failures += error.code == .locked ? 1 : 0
            }
        }
        return try result.get()
    }

    private func enter() async throws(VaultError) {
        let mayEnter = await withCheckedContinuation { continuation in
            let mayEnter = state.withLock { state -> Bool? in
                guard state.isTaken else {
                    state.isTaken = true
                    return true
                }
                guard state.waiting.count < Self.mostWaiting, !state.isClosed else { return false }
                state.waiting.append(continuation)
                return nil
            }
            if let mayEnter { continuation.resume(returning: mayEnter) }
        }
        guard mayEnter else {
            throw VaultError(.tryAgain, "too many try to unlock at once", hint: "try again in a few seconds")
        }
    }

    /// Turns away all who wait, and whoever comes. A derivation that runs ends by itself.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume(returning: false) }
    }

    private func leave() {
        let next = state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isTaken = false
                return CheckedContinuation<Bool, Never>?.none
            }
            return state.waiting.removeFirst()
        }
        next?.resume(returning: true)
    }
}
