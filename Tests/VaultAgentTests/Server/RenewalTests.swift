import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting
@testable import Vault
@testable import VaultAgent

/// Tokens that are used are replaced before anybody has to wait for another.
struct RenewalTests {
    /// A vault with one profile, and a renewal for it.
    private func scene() async throws -> (test: TestVault, vault: Vault, renewal: Renewal) {
        let test = try await TestVault()
        let vault = try test.open()
        _ = try await vault.add(try test.newProfile("ci", checks: false))
        return (test, vault, Renewal(vault))
    }

    private func request(_ name: String = "ci", audience: AudienceChoice? = nil) throws -> TokenRequest {
        TokenRequest(profile: try ProfileName(name), audience: audience)
    }

    private func issue(_ vault: Vault, _ renewal: Renewal, _ request: TokenRequest) async throws -> TokenDetails {
        let details = try await vault.issue(request).details
        renewal.note(request, details)
        return details
    }

    /// Nothing here goes wrong in the background.
    private let quiet: @Sendable (String) -> Void = { Issue.record("\($0)") }

    @Test func `a thousand warm audiences are renewed without a caller ever waiting`() async throws {
        let (test, vault, renewal) = try await scene()
        try vault.addUntried(125) { (number) throws(VaultError) in try test.newProfile("service-\(number)") }
        let warm = try (0..<1_000).map { number in
            try request("service-\(number / 8)", audience: .resource(Audience.shortNames[number % 8]))
        }
        for wanted in warm { _ = try await issue(vault, renewal, wanted) }
        #expect(renewal.count == 1_000)
        #expect(await test.tokenRequests == 1_000)
        await test.emulator.inject(Fault(.latency, path: "token", milliseconds: 100))
        for round in 2...3 {
            // Past the margin of 20 minutes: a caller that wants half an hour would have to wait.
            test.clock.advance(by: 3_599 - 1_200)
            await renewal.renewDue(at: test.clock.now, report: quiet)
            #expect(await test.tokenRequests == round * 1_000, "each was asked for once")
            for wanted in warm {
                var demanding = wanted
                demanding.minimumLifetime = 1_800
                #expect(try await issue(vault, renewal, demanding).source == .cache)
            }
        }
        #expect(await test.tokenRequests == 3_000)
        #expect(try await test.open().verify { _, _ in }.auditEntries > 5_000)
    }

    @Test func `what nobody asks for any more is left to expire`() async throws {
        let (test, vault, renewal) = try await scene()
        _ = try await issue(vault, renewal, request())
        test.clock.advance(by: 2_400)
        await renewal.renewDue(at: test.clock.now, report: quiet)
        #expect(await test.tokenRequests == 2)
        test.clock.advance(by: 2_400)
        await renewal.renewDue(at: test.clock.now, report: quiet)
        #expect(await test.tokenRequests == 2)
        #expect(renewal.count == 0)
    }

    @Test func `after a failure it waits longer and longer`() async throws {
        let (test, vault, renewal) = try await scene()
        let told = Mutex<[String]>([])
        _ = try await issue(vault, renewal, request())
        test.clock.advance(by: 2_400)
        await test.emulator.inject(Fault(.html, path: "token"))
        var asked: [TimeInterval] = []
        let start = test.clock.now
        var seen = await test.tokenRequests
        for _ in 0..<300 {
            await renewal.renewDue(at: test.clock.now) { text in told.withLock { $0.append(text) } }
            if await test.tokenRequests > seen { asked.append(test.clock.now.timeIntervalSince(start)) }
            seen = await test.tokenRequests
            test.clock.advance(by: 1)
        }
        let pauses = zip(asked, asked.dropFirst()).map { $1 - $0 }
        #expect(asked.first == 0)
        #expect((3...6).contains(pauses.count), "\(pauses)")
        #expect(zip(pauses, pauses.dropFirst()).allSatisfy { $1 > $0 }, "\(pauses)")
        #expect(told.withLock { $0.count } == asked.count)
        await test.emulator.clearFaults()
        test.clock.advance(by: 600)
        await renewal.renewDue(at: test.clock.now, report: quiet)
        #expect(try await issue(vault, renewal, request()).source == .cache)
    }

    @Test func `what is refused is not asked for again until somebody wants it`() async throws {
        let (test, vault, renewal) = try await scene()
        _ = try await issue(vault, renewal, request())
        await test.emulator.revokeSecrets(of: TestVault.client, keyId: nil)
        test.clock.advance(by: 2_400)
        await renewal.renewDue(at: test.clock.now) { _ in }
        #expect(renewal.count == 0)
        #expect(await test.tokenRequests == 2)
        let failure = try #require(try await vault.auditEntries(AuditQuery(outcomes: [.refused])).last)
        #expect(failure.event.reason == "renewed ahead of need")
    }

    @Test func `one that is being renewed is not renewed again`() async throws {
        let (test, vault, renewal) = try await scene()
        _ = try await issue(vault, renewal, request())
        test.clock.advance(by: 2_400)
        await test.emulator.inject(Fault(.latency, path: "token", milliseconds: 200))
        let now = test.clock.now
        await withDiscardingTaskGroup { group in
            for _ in 0..<8 { group.addTask { await renewal.renewDue(at: now, report: quiet) } }
        }
        #expect(await test.tokenRequests == 2)
    }

    @Test func `the agent renews while nobody asks, and says whom it did it for`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 7_200, absolute: 43_200))
        _ = try await agent.use { vault in try await vault.add(try agent.test.newProfile("ci", checks: false)).name }
        _ = try await agent.issue(try request())
        #expect(agent.agent.status(of: agent.test.path).unlocked?.renewedAhead == 1)
        agent.pass(.seconds(2_400))
        await agent.agent.tend()
        var entries: [AuditEvent] = []
        try await eventually("the renewal is on the record") {
            entries = try await agent.use { try await $0.auditEntries(AuditQuery(actions: [.issue])).map(\.event) }
            return entries.count == 2
        }
        #expect(entries.map(\.caller.pid) == [agent.caller.pid, agent.test.environment.caller.pid])
    }
}
