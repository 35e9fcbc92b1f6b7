import FoundationEssentials
import Synchronization
import VaultTesting
@testable import Vault
@testable import VaultAgent

/// An agent in this process, whose clocks move when told to.
final class TestAgent: Sendable {
    let test: TestVault
    let agent: Agent
    /// Shares nothing with a socket: for work that is done in its name.
    let connection: Connection
    private let clock: Clocks

    private final class Clocks: Sendable {
        private let value = Mutex(AgentClock.Reading(running: .seconds(1_000), awake: .seconds(900)))

        var reading: AgentClock.Reading {
            get { value.withLock { $0 } }
            set { value.withLock { $0 = newValue } }
        }
    }

    init(endsWhenLocked: Bool = false) async throws {
        test = try await TestVault()
        let clock = Clocks()
        self.clock = clock
        agent = try Agent(
            listener: AgentListener(at: test.directory + "/run/agent.sock"),
            settings: AgentSettings(version: "test", environment: test.environment, endsWhenLocked: endsWhenLocked),
            clock: AgentClock { clock.reading }, firstUnlockPause: .milliseconds(1))
        connection = Connection(-1, of: agent, try EventLoop())
    }

    /// Time passes.
    ///
    /// - Parameter asleep: how much of it the machine sleeps.
    func pass(_ time: Duration, asleep: Duration = .zero) {
        var reading = clock.reading
        reading.running += time
        reading.awake += time - asleep
        clock.reading = reading
        test.clock.advance(by: time / .seconds(1))
    }

    func unlock(_ limits: UnlockLimits = UnlockLimits()) async throws(VaultError) {
        try await agent.unlock(test.path, with: .keyFile(SecretBytes(TestVault.keyFile)), limits: limits)
    }

    var isUnlocked: Bool { agent.status(of: test.path).unlocked != nil }

    /// Does work as a client's request has it done.
    ///
    /// - Parameter counts: whether it is use, or a look at it.
    func use<Result: ~Copyable>(
        counts: Bool = true, _ body: (Vault) async throws -> Result
    ) async throws -> Result {
        try await agent.use(test.path, by: connection, caller: caller, timeout: nil, counts: counts) { vault, _ in
            try await body(vault)
        }
    }

    /// Issues, and lets the agent know of it as the socket does.
    func issue(_ request: TokenRequest) async throws -> TokenDetails {
        try await agent.use(test.path, by: connection, caller: caller, timeout: nil) { vault, unlocked in
            let details = try await vault.issue(request).details
            unlocked.noteIssued(request, details)
            return details
        }
    }

    let caller = Caller(uid: 1000, pid: 7, user: "ada", host: "analytical", claimedExecutables: ["/usr/bin/terraform"])
}
