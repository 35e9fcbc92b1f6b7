import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting
@testable import Vault
@testable import VaultAgent

/// When a vault is locked, and what is left of it then.
struct LifeTests {
    private func expectLocked(_ agent: TestAgent) async {
        let error = await #expect(throws: VaultError.self) {
            _ = try await agent.use { try await $0.profiles(tags: []).count }
        }
        #expect(error?.code == .locked)
        #expect(!agent.isUnlocked)
    }

    @Test func `without a request it is locked after the idle limit`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        agent.pass(.seconds(899))
        #expect(try await agent.use { try await $0.profiles(tags: []).count } == 0)
        agent.pass(.seconds(899))
        await agent.agent.tend()
        #expect(agent.isUnlocked, "a request began the time anew")
        agent.pass(.seconds(1))
        await expectLocked(agent)
    }

    @Test func `a status is no use`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        agent.pass(.seconds(600))
        #expect(agent.agent.status(of: agent.test.path).unlocked?.idleLeft == 300)
        agent.pass(.seconds(300))
        await expectLocked(agent)
    }

    @Test func `who watches does not use it`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        for _ in 0..<2 {
            agent.pass(.seconds(449))
            let entries = try await agent.use(counts: false) { try await $0.auditEntries(AuditQuery(limit: 1)) }
            #expect(entries.count == 1)
        }
        agent.pass(.seconds(2))
        await expectLocked(agent)
    }

    @Test func `however much it is used, it is locked after the absolute limit`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 3_600))
        for _ in 0..<6 {
            agent.pass(.seconds(599))
            #expect(try await agent.use { try await $0.profiles(tags: []).count } == 0)
        }
        agent.pass(.seconds(6))
        await expectLocked(agent)
    }

    @Test func `time that the machine slept counts for the idle limit`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        agent.pass(.seconds(900), asleep: .milliseconds(900))
        await expectLocked(agent)
    }

    @Test func `a machine that slept finds it locked before the next answer`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        agent.pass(.seconds(20))
        #expect(try await agent.use { try await $0.profiles(tags: []).count } == 0)
        agent.pass(.seconds(5), asleep: .seconds(4))
        await expectLocked(agent)
    }

    @Test func `what a machine that slept was asked before is not answered`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock()
        let delivered = Mutex(false)
        let error = await #expect(throws: VaultError.self) {
            _ = try await agent.agent.use(
                agent.test.path, by: agent.connection, caller: agent.caller, timeout: nil
            ) { vault, _ in
                agent.pass(.seconds(60), asleep: .seconds(50))
                return try await vault.profiles(tags: []).count
            } deliver: { _ in
                delivered.withLock { $0 = true }
            }
        }
        #expect(error?.message == "the vault was locked meanwhile")
        #expect(!delivered.withLock { $0 })
        try await eventually("it is locked") { !agent.isUnlocked }
    }

    @Test func `what nobody asks for is locked in the background`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock(UnlockLimits(idle: 10, absolute: 43_200))
        agent.pass(.seconds(10))
        await agent.agent.tend()
        try await agent.unlock(UnlockLimits(idle: 900, absolute: 43_200))
        #expect(agent.isUnlocked, "unlocking again begins anew")
    }

    @Test func `a lock does not wait for another process that asks and does not get done`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock()
        _ = try await agent.use { vault in try await vault.add(try agent.test.newProfile("ci", checks: false)).name }
        let request = TokenRequest(profile: try ProfileName("ci"))
        let tag = try await agent.use { vault in
            try vault.records.read { (snapshot) throws(VaultError) in try TokenWish(request, in: snapshot).tag }
        }
        // As a process that was stopped while it asked the provider.
        let stopped = try LockFile(path: agent.test.path + ".lock").take(.token(tag))
        defer { stopped.release() }
        let work = Task {
            let ended = Mutex<(any Error)?>(nil)
            await agent.connection.run {
                do { _ = try await agent.issue(request) } catch { ended.withLock { $0 = error } }
            }
            return ended.withLock { $0 as? VaultError }
        }
        try await eventually("it is waited for") { agent.agent.uses(of: agent.test.path) == 1 }
        await agent.agent.lockAll()
        #expect(await work.value?.code == .locked)
        #expect(await agent.test.tokenRequests == 0)
    }

    @Test func `a lock means what is being unlocked just now, too`() async throws {
        let agent = try await TestAgent()
        let derivation = try LockFile(path: agent.test.path + ".lock").take(.derivation)
        let unlocking = Task {
            try await agent.agent.unlock(
                agent.test.path, with: .passphrase(SecretBytes(TestVault.passphrase)), limits: UnlockLimits())
        }
        try await eventually("the derivation is waited for") { agent.agent.isUnlocking }
        await agent.agent.lockAll()
        derivation.release()
        let error = await #expect(throws: VaultError.self) { try await unlocking.value }
        #expect(error?.message == "the vault was locked meanwhile")
        #expect(!agent.isUnlocked)
    }

    @Test func `unlocking waits for its turn, and not for ever`() async throws {
        let agent = try await TestAgent()
        let derivation = try LockFile(path: agent.test.path + ".lock").take(.derivation)
        let codes = await withTaskGroup(of: VaultError.Code?.self) { group in
            for number in 0..<12 {
                group.addTask {
                    do throws(VaultError) {
                        try await agent.agent.unlock(
                            agent.test.path, with: .passphrase(SecretBytes("wrong \(number)")), limits: UnlockLimits())
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            var codes: [VaultError.Code?] = []
            // One tries and eight wait; the rest need not.
            for await code in group {
                codes.append(code)
                if codes.count == 3 { derivation.release() }
            }
            return codes
        }
        #expect(codes.prefix(3).allSatisfy { $0 == .tryAgain })
        #expect(codes.dropFirst(3).allSatisfy { $0 == .locked })
        try await agent.unlock()
        #expect(agent.isUnlocked)
    }

    @Test func `nothing of a vault is left when it is locked`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock()
        weak var vault: Vault?
        weak var keyring: Keyring?
        _ = try await agent.use { used in
            keyring = used.records.keyring
            vault = used
            return 0
        }
        #expect(keyring != nil)
        await agent.agent.lockAll()
        #expect(vault == nil && keyring == nil)
    }

    @Test func `a lock ends what runs, which hears why`() async throws {
        let agent = try await TestAgent()
        try await agent.unlock()
        _ = try await agent.use { vault in try await vault.add(try agent.test.newProfile("ci", checks: false)).name }
        await agent.test.emulator.inject(Fault(.latency, path: "token", milliseconds: 9_900))
        let name = try ProfileName("ci")
        let work = Task {
            let ended = Mutex<(any Error)?>(nil)
            await agent.connection.run {
                do { _ = try await agent.issue(TokenRequest(profile: name)) } catch { ended.withLock { $0 = error } }
            }
            return ended.withLock { $0 as? VaultError }
        }
        try await eventually("the provider is asked") { await agent.test.tokenRequests > 0 }
        await agent.agent.lockAll()
        #expect(await work.value?.message == "the vault was locked meanwhile")
    }
}
