internal import FoundationEssentials
internal import Synchronization
internal import Vault

/// Replaces tokens that are used before they are due, so that no caller waits for the provider.
///
/// A token is renewed once its ``TokenDetails/margin`` begins, when somebody was given it since it was issued. What nobody
/// has asked for in all that time is left to expire.
final class Renewal: Sendable {
    /// Whose token, for whom, in which tenant: what a caller named.
    private struct Key: Hashable {
        var profile: ProfileName
        var resource: String?
        var scope: String?
        var tenant: String?

        init(_ request: TokenRequest) {
            profile = request.profile
            switch request.audience {
            case .resource(let name): resource = name
            case .scope(let name): scope = name
            case nil: break
            }
            tenant = request.tenant
        }
    }

    private struct Use {
        var request: TokenRequest
        var details: TokenDetails
        /// Whether it was given to anybody since it is in the cache.
        var isWanted = true
        var isRunning = false
        var failures = 0
        /// Not before then, after a failure.
        var earliest: Date?

        func isDue(at now: Date) -> Bool {
            !isRunning && !details.lives(longerThan: details.margin, at: now) && earliest.map { $0 <= now } ?? true
        }
    }

    private struct State {
        /// Nil once it is locked.
        var vault: Vault?
        var uses: [Key: Use] = [:]
        var task: Task<Void, Never>?
        var isStopped = false
    }

    private let state: Mutex<State>

    /// As many requests to the provider at a time.
    private static let atOnce = 64
    /// What is waited after a failure, in seconds: twice as long each time.
    private static let firstPause: TimeInterval = 15
    private static let longestPause: TimeInterval = 600

    /// - Parameter vault: asked by the agent itself, so that the record tells who renewed.
    init(_ vault: Vault) {
        state = Mutex(State(vault: vault))
    }

    /// How many tokens are looked after.
    var count: Int { state.withLock { $0.uses.count } }

    /// A caller was given a token.
    func note(_ request: TokenRequest, _ details: TokenDetails) {
        var request = request
        request.forceRefresh = false
        request.reason = nil
        let key = Key(request)
        state.withLock { state in
            if let use = state.uses[key], use.details.expiresAt == details.expiresAt {
                if !use.isWanted { state.uses[key]?.isWanted = true }
                return
            }
            state.uses[key] = Use(
                request: request, details: details, isRunning: state.uses[key]?.isRunning ?? false)
        }
    }

    /// Starts to renew what is due, unless that is being done already.
    ///
    /// - Parameter report: told what went wrong.
    func tend(at now: Date, report: @escaping @Sendable (String) -> Void) {
        state.withLock { state in
            guard state.task == nil, !state.isStopped, state.uses.values.contains(where: { $0.isDue(at: now) }) else {
                return
            }
            state.task = Task {
                await self.renewDue(at: now, report: report)
                self.state.withLock { $0.task = nil }
            }
        }
    }

    /// Renews what is due at `now`; returns when that is done.
    func renewDue(at now: Date, report: @escaping @Sendable (String) -> Void) async {
        var due = takeDue(at: now)[...]
        await withTaskGroup(of: Void.self) { group in
            func next() {
                guard !Task.isCancelled, let (key, request) = due.popFirst() else { return }
                group.addTask { await self.renew(key, request, at: now, report: report) }
            }
            for _ in 0..<Self.atOnce { next() }
            for await _ in group { next() }
        }
    }

    /// Ends what is running, and begins nothing any more.
    func stop() async {
        let task = state.withLock { state in
            state.isStopped = true
            state.vault = nil
            state.uses = [:]
            return state.task
        }
        task?.cancel()
        await task?.value
    }

    private func takeDue(at now: Date) -> [(Key, TokenRequest)] {
        state.withLock { state in
            let due = state.uses.filter { $0.value.isDue(at: now) }
            var taken: [(Key, TokenRequest)] = []
            for (key, use) in due {
                guard use.isWanted else {
                    state.uses[key] = nil
                    continue
                }
                state.uses[key]?.isRunning = true
                taken.append((key, use.request))
            }
            return taken
        }
    }

    private func renew(
        _ key: Key, _ request: TokenRequest, at now: Date, report: (String) -> Void
    ) async {
        guard let vault = state.withLock({ $0.vault }) else { return }
        do throws(VaultError) {
            let details = try await vault.renew(request)
            state.withLock { state in
                guard var use = state.uses[key] else { return }
                guard let details else {
                    state.uses[key] = nil
                    return
                }
                // Unless somebody was given the new one already.
                use.isWanted = use.isWanted && use.details.expiresAt == details.expiresAt
                (use.details, use.isRunning, use.failures, use.earliest) = (details, false, 0, nil)
                state.uses[key] = use
            }
        } catch {
            report("a token of \(request.profile) could not be renewed: \(error.message)")
            state.withLock { state in
                guard var use = state.uses[key] else { return }
                guard error.code == .unavailable || error.code == .tryAgain, use.details.lives(longerThan: 0, at: now)
                else {
                    // Asking again would be refused again, or keeps nobody from waiting any more.
                    state.uses[key] = nil
                    return
                }
                use.isRunning = false
                use.failures += 1
                let pause = min(Self.longestPause, Self.firstPause * Double(1 << min(use.failures - 1, 16)))
                use.earliest = now.addingTimeInterval(pause * Double.random(in: 0.8...1.2))
                state.uses[key] = use
            }
        }
    }
}
