internal import FoundationEssentials
internal import Synchronization
public import Vault

/// What an agent is told when it starts.
public struct AgentSettings: Sendable {
    /// Of the program, shown by `status`.
    public var version: String
    /// The agent's own: its clock and network, and itself as the caller of what it does unasked.
    public var environment: VaultEnvironment
    /// Whether it ends by itself once nothing is unlocked and nobody is connected.
    public var endsWhenLocked: Bool

    public init(version: String, environment: VaultEnvironment, endsWhenLocked: Bool) {
        self.version = version
        self.environment = environment
        self.endsWhenLocked = endsWhenLocked
    }
}

/// Holds vaults unlocked and answers the verbs over a Unix socket, for processes of the same user that have no passphrase.
/// It gives out tokens and metadata, never a stored secret or a key.
///
/// ```swift
/// let agent = try Agent(listener: AgentListener(at: path), settings: settings)
/// try await agent.run()
/// ```
public final class Agent: Sendable {
    let settings: AgentSettings
    private let clock: AgentClock
    private let listener: Mutex<AgentListener?>
    private let listening: Int32
    /// The first looks after the socket, each after its share of the connections.
    private let loops: [EventLoop]
    private let gate: UnlockGate
    private let state = Mutex(State())

    private struct State {
        /// By canonical path.
        var vaults: [String: UnlockedVault] = [:]
        /// Locked, and not yet let go of by those who use them.
        var closing: [ObjectIdentifier: UnlockedVault] = [:]
        /// Why the agent locked a vault by itself, until it is unlocked again.
        var ends: [String: UnlockedVault.End] = [:]
        var admissions = Admissions()
        var clients: [ObjectIdentifier: Connection] = [:]
        /// How often everything was locked.
        var locks = 0
        var isRunning = false
        var isStopped = false
        /// Seconds for which there was nothing to stay for.
        var secondsAlone = 0
    }

    private static let mostVaults = 32
    /// Two answer while two processors have nothing else to do; more would take them from those that ask.
    private static let loopCount = 2
    /// How long an agent that ends when locked waits for a client, in seconds.
    private static let patienceAlone = 5

    public convenience init(
        listener: consuming AgentListener, settings: AgentSettings
    ) throws(VaultError) {
        try self.init(listener: listener, settings: settings, clock: .system)
    }

    package init(
        listener: consuming AgentListener, settings: AgentSettings, clock: AgentClock,
        firstUnlockPause: Duration = .milliseconds(250)
    ) throws(VaultError) {
        gate = UnlockGate(firstPause: firstUnlockPause)
        listening = listener.descriptor
        self.listener = Mutex(listener)
        self.settings = settings
        self.clock = clock
        loops = try (0..<Self.loopCount).map { _ throws(VaultError) in try EventLoop() }
    }

    // MARK: Running

    /// Answers until ``stop()`` is called or, for an agent that ends when locked, until there is nothing to stay for.
    public func run() async throws(VaultError) {
        state.withLock { $0.isRunning = true }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.tendEverySecond() }
            var count = 0
            await accept { socket in
                // Not for more than are served: locked memory is scarce, and secrets need it.
                let isRoom = state.withLock { $0.clients.count < Admissions.most }
                let connection = Connection(
                    socket, of: self, self.loops[count % self.loops.count], isRoom ? FrameChannel.memory() : nil)
                count += 1
                state.withLock { $0.clients[ObjectIdentifier(connection)] = connection }
                group.addTask {
                    await connection.serve()
                    self.state.withLock { $0.clients[ObjectIdentifier(connection)] = nil }
                }
            }
            // No client connects any more, and whoever is being answered hears that the vault was locked.
            listener.withLock { $0 = nil }
            gate.close()
            await self.lockAll()
            for connection in state.withLock({ Array($0.clients.values) }) { connection.cancel() }
            group.cancelAll()
        }
        for loop in loops { loop.end() }
    }

    private func accept(_ body: (Int32) -> Void) async {
        while await loops[0].wait(for: listening) == .ready {
            do throws(VaultError) {
                while let socket = try AgentListener.accept(listening) { body(socket) }
            } catch {
                // Out of files: those that wait are served when others have ended.
                do { try await Task.sleep(for: .milliseconds(100)) } catch { return }
            }
        }
    }

    /// Forgets all keys, lets go of the socket and lets ``run()`` return. May be called more than once.
    public func stop() {
        let isRunning = state.withLock { state in
            state.isStopped = true
            return state.isRunning
        }
        for loop in loops { loop.stop() }
        if !isRunning {
            for loop in loops { loop.end() }
            listener.withLock { $0 = nil }
        }
    }

    private func tendEverySecond() async {
        while !state.withLock({ $0.isStopped }) {
            await tend()
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
        }
    }

    /// What is due every second: vaults whose time is over are locked, the others looked after.
    package func tend() async {
        let reading = clock.read()
        for (path, vault) in state.withLock({ $0.vaults }) {
            vault.lookForLoss()
            if let end = vault.end(at: reading) {
                // Not waited for: others are to be looked after.
                lockWithoutWaiting(path, vault, because: end)
            } else {
                vault.tend(at: settings.environment.now())
            }
        }
        let isDone = state.withLock { state in
            let isAlone = state.vaults.isEmpty && state.admissions.count == 0
            state.secondsAlone = isAlone ? state.secondsAlone + 1 : 0
            return settings.endsWhenLocked && state.secondsAlone > Self.patienceAlone
        }
        if isDone { stop() }
    }

    // MARK: Connections

    func admit(_ peer: Int32) -> Admission { state.withLock { $0.admissions.admit(peer) } }

    func dismiss(_ peer: Int32, _ admission: Admission) { state.withLock { $0.admissions.dismiss(peer, admission) } }

    // MARK: Vaults

    /// Opens a vault, or opens it anew with limits of its own when it is unlocked already.
    ///
    /// - Throws: code `locked` for a wrong secret, after a while that grows with each.
    public func unlock(
        _ path: String, with secret: borrowing UnlockSecret, limits: UnlockLimits
    ) async throws(VaultError) {
        guard try Vault.canonicalPath(of: path) == path else {
            throw VaultError(.usage, "the path of the vault has links or steps in it")
        }
        let shared = SharedUnlockSecret(secret)
        let environment = settings.environment
        let locks = state.withLock { $0.locks }
        let vault = try await gate.run { () throws(VaultError) in
            try Vault.open(at: path, with: shared.secret, environment: environment)
        }
        // Without the root key, of which nothing that an agent does has any need.
        let unlocked = UnlockedVault(Vault(vault), limits: limits, at: clock.read(), since: environment.now())
        let (refusal, old) = state.withLock { state -> (VaultError?, UnlockedVault?) in
            var refusal: VaultError?
            // Whoever locks means what is being unlocked just now, too.
            if state.isStopped || state.locks != locks { refusal = Self.lockedMeanwhile }
            if state.vaults[path] == nil, state.vaults.count >= Self.mostVaults { refusal = Self.tooManyVaults }
            let old = refusal == nil ? state.vaults.updateValue(unlocked, forKey: path) : unlocked
            if let old { state.closing[ObjectIdentifier(old)] = old }
            if refusal == nil { state.ends[path] = nil }
            return (refusal, old)
        }
        if let old { await close(old) }
        if let refusal { throw refusal }
        for notice in vault.notices { unlocked.note(trouble: notice) }
    }

    /// How many use a vault now.
    func uses(of path: String) -> Int { state.withLock { $0.vaults[path] }?.uses ?? 0 }

    /// Whether somebody tries a secret now.
    var isUnlocking: Bool { gate.isTaken }

    /// The vault at `path`, for one piece of work.
    ///
    /// - Parameters:
    ///   - counts: whether it keeps the vault from being locked for want of use.
    ///   - deliver: hands over what came of the work, once it is sure that the vault may still answer; the vault is not
    ///     locked before that is done.
    /// - Throws: code `locked` unless it is unlocked and may stay so.
    func use<Result: ~Copyable>(
        _ path: String, by user: Connection, caller: Caller, timeout: TimeInterval?, counts: Bool = true,
        _ body: (Vault, UnlockedVault) async throws -> Result,
        deliver: (borrowing Result) async throws -> Void = { _ in }
    ) async throws -> Result {
        guard let unlocked = state.withLock({ $0.vaults[path] }) else { throw Self.locked }
        let reading = clock.read()
        // Before the answer, however late the background looks.
        if let end = unlocked.end(at: reading) {
            await withTaskExecutorPreference(globalConcurrentExecutor) { await lock(path, unlocked, because: end) }
            throw Self.locked
        }
        guard let vault = unlocked.beginUse(by: user, at: reading, counts: counts) else { throw Self.locked }
        defer { unlocked.endUse(by: user) }
        let asked = Vault(vault) { environment in
            environment.caller = caller
            if let timeout { environment.transport = environment.transport.limited(to: timeout) }
        }
        let result: Result
        do {
            result = try await body(asked, unlocked)
        } catch {
            if let loss = vault.lost {
                // Not waited for: this is a use that it would wait for.
                lockWithoutWaiting(path, unlocked, because: UnlockedVault.End(loss))
                throw error
            }
            // What became of work that was cut short says nothing to whoever asked for it.
            guard unlocked.isClosed else { throw error }
            throw Self.lockedMeanwhile
        }
        // The machine may have slept meanwhile.
        if unlocked.end(at: clock.read()) == .suspended {
            lockWithoutWaiting(path, unlocked, because: .suspended)
            throw Self.lockedMeanwhile
        }
        guard !unlocked.isClosed else { throw Self.lockedMeanwhile }
        try await deliver(result)
        return result
    }

    /// Forgets all vaults.
    func lockAll() async {
        let vaults = state.withLock { state in
            state.locks += 1
            for vault in state.vaults.values { state.closing[ObjectIdentifier(vault)] = vault }
            (state.vaults, state.ends) = ([:], [:])
            // Those that somebody else is closing, too: when this returns nothing is left of any.
            return Array(state.closing.values)
        }
        for vault in vaults { await close(vault) }
    }

    /// Locks a vault by itself, and remembers why.
    private func lock(_ path: String, _ vault: UnlockedVault, because end: UnlockedVault.End) async {
        setAside(path, vault, because: end)
        await close(vault)
    }

    private func lockWithoutWaiting(_ path: String, _ vault: UnlockedVault, because end: UnlockedVault.End) {
        setAside(path, vault, because: end)
        Task { await close(vault) }
    }

    private func setAside(_ path: String, _ vault: UnlockedVault, because end: UnlockedVault.End) {
        state.withLock { state in
            if state.vaults[path] === vault {
                state.vaults[path] = nil
                state.ends[path] = end
            }
            state.closing[ObjectIdentifier(vault)] = vault
        }
    }

    private func close(_ vault: UnlockedVault) async {
        await vault.close()
        state.withLock { $0.closing[ObjectIdentifier(vault)] = nil }
        await dropConnectionsIfLocked()
    }

    /// Connections to providers hold what they received last, which may be a token.
    private func dropConnectionsIfLocked() async {
        guard state.withLock({ $0.vaults.isEmpty && $0.closing.isEmpty }) else { return }
        let transport = settings.environment.transport
        let (over, end) = AsyncStream.makeStream(of: Void.self)
        Task {
            await transport.shutdown()
            end.finish()
        }
        // A provider that does not say goodbye is given up by itself, some seconds later.
        let patience = Task {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            end.finish()
        }
        for await _ in over {}
        patience.cancel()
    }

    private static let tooManyVaults = VaultError(
        .tryAgain, "\(mostVaults) vaults are unlocked already", hint: "vaultctl lock")
    static let lockedMeanwhile = VaultError(.locked, "the vault was locked meanwhile", hint: "vaultctl unlock")
    /// Said before anything was tried.
    static let locked = VaultError(.locked, "the vault is locked", hint: "vaultctl unlock")

    // MARK: Status

    func status(of path: String) -> AgentStatus {
        let reading = clock.read()
        let (vault, past, count, connections) = state.withLock {
            ($0.vaults[path], $0.ends[path], $0.vaults.count, $0.admissions.count)
        }
        vault?.lookForLoss()
        let end = vault.map { $0.end(at: reading) } ?? past
        let unlocked = end == nil ? vault?.status(at: reading) : nil
        return AgentStatus(
            pid: settings.environment.caller.pid, version: settings.version,
            memoryIsLocked: GuardedMemory.isLocked, connections: connections, unlocked: unlocked,
            otherVaults: count - (vault == nil ? 0 : 1), lockedBecause: end?.rawValue)
    }
}

/// What unlocks a vault, for a thread of its own.
private final class SharedUnlockSecret: Sendable {
    let secret: UnlockSecret

    init(_ secret: borrowing UnlockSecret) {
        self.secret = secret.copy()
    }
}
