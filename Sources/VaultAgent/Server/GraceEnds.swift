internal import FoundationEssentials
internal import Synchronization
internal import Vault

/// Goes on with rotations whose grace is over: removes old credentials at their providers while the vault is unlocked, so that
/// none lives on because nobody happened to run a command.
final class GraceEnds: Sendable {
    private struct State {
        /// Nil once it is locked.
        var vault: Vault?
        var task: Task<Void, Never>?
        /// Not before then.
        var nextLook: Date?
    }

    private let state: Mutex<State>

    /// Between two looks, in seconds; longer after a failure, which a person has to see to.
    private static let pause: TimeInterval = 60
    private static let pauseAfterFailure: TimeInterval = 1800

    /// - Parameter vault: asked by the agent itself, so that the record tells who did it.
    init(_ vault: Vault) {
        state = Mutex(State(vault: vault))
    }

    /// Looks whether there is something to end, unless that is being done already.
    ///
    /// - Parameter report: told what went wrong.
    func tend(at now: Date, report: @escaping @Sendable (String) -> Void) {
        state.withLock { state in
            guard let vault = state.vault, state.task == nil, state.nextLook.map({ $0 <= now }) ?? true else { return }
            state.nextLook = now.addingTimeInterval(Self.pause)
            state.task = Task {
                let failed = await self.endDue(vault, at: now, report: report)
                self.state.withLock { state in
                    if failed { state.nextLook = now.addingTimeInterval(Self.pauseAfterFailure) }
                    state.task = nil
                }
            }
        }
    }

    /// Ends what is due at `now`; returns when that is done.
    ///
    /// - Returns: whether any of it failed.
    func endDue(_ vault: Vault, at now: Date, report: @escaping @Sendable (String) -> Void) async -> Bool {
        do throws(VaultError) {
            let due = try await vault.rotations(of: nil).filter { rotation in
                switch rotation.state {
                case .promoted: rotation.graceUntil.map { $0 <= now } ?? true
                case .retired, .rolledBack: true
                // These ask for judgement, or for the person who began them.
                case .planned, .obtained, .verified: false
                }
            }
            guard !due.isEmpty else { return false }
            let failed = Mutex(false)
            try await vault.rotate(RotationOrder(.resume(due.map { .id($0.id) }))) { told in
                // Whoever works on it already ends it.
                guard case .failed(let error) = told.content, error.code != .tryAgain else { return }
                failed.withLock { $0 = true }
                report("the rotation of \(told.profile?.description ?? "?") could not be ended: \(error.message)")
            }
            return failed.withLock { $0 }
        } catch {
            report("rotations could not be ended: \(error.message)")
            return true
        }
    }

    /// Ends what is running, and begins nothing any more.
    func stop() async {
        let task = state.withLock { state in
            state.vault = nil
            return state.task
        }
        task?.cancel()
        await task?.value
    }
}
