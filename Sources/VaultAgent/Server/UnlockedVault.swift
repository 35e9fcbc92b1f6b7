internal import Dispatch
internal import FoundationEssentials
internal import Synchronization
internal import Vault

/// A vault that the agent holds open, until it is locked: who uses it, for how long it may stay, and what is done for it in
/// the background.
final class UnlockedVault: Sendable {
    /// Why a vault is locked by itself.
    enum End: String, Sendable {
        case idle = "nobody asked for a while"
        case absolute = "its time was over"
        case suspended = "the machine had slept"
        case otherKeys = "it was given new keys"
        case replaced = "its file was replaced or removed"

        /// - Parameter loss: why nothing can be done with a vault any more.
        init(_ loss: VaultError) { self = loss == .fileReplaced ? .replaced : .otherKeys }
    }

    let limits: UnlockLimits
    let since: Date
    private let opened: AgentClock.Reading
    private let state: Mutex<State>
    let renewal: Renewal
    private let graceEnds: GraceEnds

    private struct State {
        /// Nil once it is locked.
        var vault: Vault?
        var lastUse: Duration
        var uses: [ObjectIdentifier: Connection] = [:]
        /// Goes on when the last use has ended.
        var closing: [CheckedContinuation<Void, Never>] = []
        var issued = 0
        var isAnchorDue = true
        var trouble: String?
    }

    /// How far the two clocks may drift apart without the machine having slept.
    private static let drift = Duration.seconds(1)

    init(_ vault: Vault, limits: UnlockLimits, at reading: AgentClock.Reading, since: Date) {
        self.limits = limits
        self.since = since
        opened = reading
        renewal = Renewal(vault)
        graceEnds = GraceEnds(vault)
        state = Mutex(State(vault: vault, lastUse: reading.running))
    }

    // MARK: Life

    /// Why it must be locked now; nil while it may be used. That it is lost is known once somebody has looked.
    func end(at reading: AgentClock.Reading) -> End? {
        if reading.asleep - opened.asleep > Self.drift { return .suspended }
        if let loss = state.withLock({ $0.vault?.lost }) { return End(loss) }
        if absoluteLeft(at: reading) <= .zero { return .absolute }
        return idleLeft(at: reading) <= .zero ? .idle : nil
    }

    /// Looks whether another process gave the vault other keys or another file, unless somebody uses it, who would find that
    /// too.
    func lookForLoss() {
        guard let vault = state.withLock({ $0.vault }) else { return }
        do throws(VaultError) {
            try vault.lookForLoss()
        } catch {
            // A loss is an end of its own; whatever else it is, whoever uses the vault hears of it.
            if error != vault.lost { note(trouble: error.message) }
        }
    }

    func absoluteLeft(at reading: AgentClock.Reading) -> Duration {
        .seconds(limits.absolute) - (reading.running - opened.running)
    }

    func idleLeft(at reading: AgentClock.Reading) -> Duration {
        .seconds(limits.idle) - (reading.running - state.withLock { $0.lastUse })
    }

    /// - Parameters:
    ///   - user: cancelled when the vault is locked meanwhile.
    ///   - counts: whether the vault is idle only from now on; who watches does not keep it unlocked.
    /// - Returns: the vault; nil once it is locked. Whoever gets it calls ``endUse(by:)``.
    func beginUse(by user: Connection, at reading: AgentClock.Reading, counts: Bool) -> Vault? {
        state.withLock { state in
            guard let vault = state.vault else { return nil }
            if counts { state.lastUse = max(state.lastUse, reading.running) }
            state.uses[ObjectIdentifier(user)] = user
            return vault
        }
    }

    /// How many use it now.
    var uses: Int { state.withLock { $0.uses.count } }

    /// Whether it was locked.
    var isClosed: Bool { state.withLock { $0.vault == nil } }

    func endUse(by user: Connection) {
        let user = ObjectIdentifier(user)
        let closing = state.withLock { state in
            state.uses[user] = nil
            state.isAnchorDue = true
            guard state.uses.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.closing = [] }
            return state.closing
        }
        for continuation in closing { continuation.resume() }
    }

    /// Lets go of the vault and its keys: no use begins any more, those that run are cancelled, and it returns when they
    /// have ended, a checkpoint is signed and the anchor is written.
    func close() async {
        let (vault, running) = state.withLock { state in
            defer { state.vault = nil }
            return (state.vault, Array(state.uses.values))
        }
        for user in running { user.cancel() }
        await renewal.stop()
        await graceEnds.stop()
        await withCheckedContinuation { continuation in
            let isUnused = state.withLock { state in
                guard !state.uses.isEmpty else { return true }
                state.closing.append(continuation)
                return false
            }
            if isUnused { continuation.resume() }
        }
        guard let vault else { return }
        await finish(outside: leave(vault))
    }

    /// Writes down what was last seen of the vault.
    ///
    /// - Returns: what goes on without its keys.
    private func leave(_ vault: consuming Vault) -> VaultOutlets {
        signCheckpoint(of: vault)
        writeAnchor(of: vault)
        return vault.outside
    }

    private func finish(outside: VaultOutlets) async {
        await withCheckedContinuation { continuation in
            // It waits for somebody outside, and a thread of the pool is not for that.
            DispatchQueue.global().async {
                outside.finish(within: Self.patience)
                continuation.resume()
            }
        }
    }

    /// Leaves a checkpoint behind, which covers what was done while the vault was unlocked.
    private func signCheckpoint(of vault: Vault) {
        do throws(VaultError) {
            try vault.checkpointBeforeLocking()
        } catch {
            // Nothing keeps it from being locked; the next checkpoint covers the same entries.
            note(trouble: "no checkpoint could be signed: \(error.message)")
        }
    }

    /// How long it waits for what is to be known outside. Whoever locks the vault waits for it too.
    private static let patience = DispatchTimeInterval.seconds(2)

    // MARK: In the background

    /// What is due every second.
    func tend(at now: Date) {
        let (vault, isAnchorDue) = state.withLock { state in
            defer { state.isAnchorDue = false }
            return (state.vault, state.isAnchorDue)
        }
        guard let vault else { return }
        if isAnchorDue { writeAnchor(of: vault) }
        renewal.tend(at: now) { [weak self] in self?.note(trouble: $0) }
        graceEnds.tend(at: now) { [weak self] in self?.note(trouble: $0) }
    }

    /// Writes down what was last seen of the vault; callers have their answers already.
    private func writeAnchor(of vault: Vault) {
        do throws(VaultError) {
            try vault.writeAnchor()
        } catch {
            // The next one may succeed, and an anchor that lies behind is no finding; `status` tells it.
            note(trouble: "the anchor could not be written: \(error.message)")
        }
        do throws(VaultError) {
            if let errand = try vault.anchorOutside() { vault.outside.run(errand) }
        } catch {
            note(trouble: "no anchor could be sent: \(error.message)")
        }
    }

    func note(trouble: String) {
        state.withLock { $0.trouble = trouble }
    }

    /// A token was given out.
    func noteIssued(_ request: TokenRequest, _ details: TokenDetails) {
        state.withLock { $0.issued += 1 }
        renewal.note(request, details)
    }

    // MARK: Status

    func status(at reading: AgentClock.Reading) -> AgentStatus.Unlocked {
        let (issued, trouble, outside) = state.withLock { ($0.issued, $0.trouble, $0.vault?.outside) }
        return AgentStatus.Unlocked(
            since: since, idleLimit: limits.idle, idleLeft: max(0, idleLeft(at: reading).interval),
            absoluteLeft: max(0, absoluteLeft(at: reading).interval), issued: issued, renewedAhead: renewal.count,
            trouble: trouble, deliveries: outside?.deliveries ?? [])
    }
}
