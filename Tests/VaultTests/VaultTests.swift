import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting
@testable import Vault

struct VaultVerbTests {
    private func event(_ vault: Vault, _ action: AuditAction) async throws -> AuditEvent {
        try #require(try await vault.auditEntries(AuditQuery(actions: [action])).last?.event)
    }

    @Test func `a credential is tried before it is stored`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let error = await #expect(throws: VaultError.self) {
            _ = try await vault.add(try test.newProfile("bad", secret: "wrong"))
        }
        #expect(error?.code == .refused)
        #expect(try await vault.profiles().isEmpty)
        #expect(try await event(vault, .add).outcome == .refused)
        let profile = try await vault.add(try test.newProfile("good"))
        #expect(try await vault.profile(named: profile.name) == profile)
        #expect(try await event(vault, .add).outcome == .ok)
    }

    @Test func `a wrong tenant is told together with the workspace's own`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let error = await #expect(throws: VaultError.self) {
            _ = try await vault.add(
                try test.newProfile(
                    "wrong", tenant: "99999999-9999-4999-8999-999999999999",
                    workspace: "https://adb-4444444444444444.4.azuredatabricks.net"))
        }
        #expect(error?.refusal?.aadsts == 90002)
        #expect(error?.hint?.contains("belongs to tenant \(TestVault.tenant)") == true)
        #expect(try await vault.profiles().isEmpty)
    }

    @Test func `the tenant and the subscription are found out`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let profile = try await vault.add(
            try test.newProfile(
                "found", tenant: nil, workspace: "https://adb-4444444444444444.4.azuredatabricks.net", discovers: true))
        #expect(profile.tenant == TestVault.tenant)
        #expect(profile.subscription == "33333333-3333-4333-8333-333333333333")
        let started = try await vault.auditEntries(AuditQuery(outcomes: [.started])).map(\.event)
        #expect(started.count == 1, "the token that went to Resource Manager is on the record")
    }

    @Test func `a name is taken once`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        _ = try await vault.add(try test.newProfile("a"))
        let before = await test.tokenRequests
        let error = await #expect(throws: VaultError.self) { _ = try await vault.add(try test.newProfile("a")) }
        #expect(error?.code == .exists)
        #expect(await test.tokenRequests == before, "nothing was sent for it")
        _ = try await vault.add(try test.newProfile("b"))
        let a = try ProfileName("a")
        let b = try ProfileName("b")
        let taken = await #expect(throws: VaultError.self) { try await vault.rename(b, to: a) }
        #expect(taken?.code == .exists)
        let c = try ProfileName("c")
        try await vault.rename(b, to: c)
        #expect(try await vault.profiles().map(\.name) == [a, c])
    }

    @Test func `an edit says what it changed, and forgets tokens of another identity`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try await vault.add(try test.newProfile("a")).name
        _ = try await vault.issue(TokenRequest(profile: name)).details
        let tag = try Tag("env=prod")
        _ = try await vault.edit(name, ProfileChange(addedTags: [tag], about: "nightly"))
        #expect(try await event(vault, .edit).detail == "description, tags")
        #expect(try await vault.cachedTokens().count == 1)
        #expect(try await vault.profiles(tags: [tag]).map(\.name) == [name])
        #expect(try await vault.profiles(tags: [try Tag("env=test")]).isEmpty)
        _ = try await vault.edit(name, ProfileChange(clientID: "other"))
        #expect(try await vault.cachedTokens().isEmpty)
        let error = await #expect(throws: VaultError.self) {
            _ = try await vault.edit(name, ProfileChange(clientID: "other"))
        }
        #expect(error?.code == .usage)
    }

    @Test func `removing a profile removes all there is of it`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try await vault.add(try test.newProfile("a")).name
        _ = try await vault.issue(TokenRequest(profile: name)).details
        await test.emulator.add(ClientSecret(value: "the next one"), to: TestVault.client)
        _ = try await vault.replaceSecret(
            of: name, with: SecretBytes("the next one"), expiresAt: nil, grace: 3600, retiring: [])
        try await vault.remove(name)
        let verification = try await vault.verify { _, _ in }
        #expect(verification.profiles == 0 && verification.tokens == 0 && verification.rotations == 0)
        let error = await #expect(throws: VaultError.self) { try await vault.remove(name) }
        #expect(error?.code == .notFound)
    }

    @Test func `sending a credential elsewhere takes the credential, and keeps nothing for the old place`() async throws
    {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try await vault.add(try test.newProfile("a")).name
        _ = try await vault.issue(TokenRequest(profile: name)).details
        await test.emulator.add(ClientSecret(value: "the next one"), to: TestVault.client)
        _ = try await vault.replaceSecret(
            of: name, with: SecretBytes("the next one"), expiresAt: nil, grace: 3600, retiring: [])
        let cloud = Cloud(
            name: "own", authority: "https://login.own.example", graph: "https://graph.own.example",
            arm: "https://arm.own.example")
        _ = try await vault.redirect(name, to: Destination(cloud: cloud), secret: SecretBytes(TestVault.secret))
        let verification = try await vault.verify { _, _ in }
        #expect(verification.tokens == 0 && verification.rotations == 0)
        #expect(try await vault.profile(named: name).destination.cloud == cloud)
        let refused = await #expect(throws: VaultError.self) {
            _ = try await vault.redirect(name, to: Destination(), secret: SecretBytes("wrong"))
        }
        #expect(refused?.code == .refused)
        #expect(try await vault.profile(named: name).destination.cloud == cloud)
    }

    @Test func `revealing a secret is on the record`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try await vault.add(try test.newProfile("a")).name
        let secret = try vault.revealSecret(of: name, reason: "audit").exposedText
        #expect(secret == TestVault.secret)
        let event = try await event(vault, .reveal)
        #expect(event.profile == "a" && event.reason == "audit")
    }

    @Test func `a change without an entry of the record is not made`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try await vault.add(try test.newProfile("a")).name
        let error = #expect(throws: VaultError.self) {
            try vault.records.write { (transaction) throws(VaultError) in
                try transaction.delete(try transaction.snapshot.profile(named: name).row, in: .profile)
            }
        }
        #expect(error?.code == .internalError)
        #expect(try await vault.profile(named: name).name == name)
    }

    // MARK: Opening

    private func unlock(_ test: TestVault, _ passphrase: String) throws(VaultError) -> Vault {
        try Vault.open(at: test.path, with: .passphrase(SecretBytes(passphrase)), environment: test.environment)
    }

    @Test func `a new passphrase opens, the old one does not`() async throws {
        let test = try await TestVault()
        let vault = try unlock(test, TestVault.passphrase)
        try vault.changePassphrase(to: SecretBytes("another one, longer"), cost: .floor)
        let error = #expect(throws: VaultError.self) { _ = try unlock(test, TestVault.passphrase) }
        #expect(error?.code == .locked)
        _ = try unlock(test, "another one, longer")
    }

    @Test func `a recovery code opens, and a removed slot does not`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let recovery = try vault.addRecoverySlot()
        let code = recovery.code.exposedText
        let number = recovery.slot.slot
        let opened = try unlock(test, code.lowercased())
        try opened.changePassphrase(to: SecretBytes("after recovery"), cost: .floor)
        _ = try unlock(test, "after recovery")
        try vault.removeSlot(number)
        let error = #expect(throws: VaultError.self) { _ = try unlock(test, code) }
        #expect(error?.code == .locked)
        #expect(try await vault.verify { _, _ in }.auditEntries == vault.records.state.tree.size)
    }

    @Test func `the last slot stays`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        for slot in try vault.slots().dropLast() { try vault.removeSlot(slot.slot) }
        let last = try #require(try vault.slots().first)
        let error = #expect(throws: VaultError.self) { try vault.removeSlot(last.slot) }
        #expect(error?.code == .usage)
    }

    @Test func `there are four passphrases at the most`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        for number in 2...4 { _ = try vault.addSlot(passphrase: SecretBytes("passphrase \(number)"), cost: .floor) }
        let error = #expect(throws: VaultError.self) {
            _ = try vault.addSlot(passphrase: SecretBytes("passphrase 5"), cost: .floor)
        }
        #expect(error?.code == .usage)
        _ = try unlock(test, "passphrase 4")
    }

    @Test func `a new passphrase costs as much as the old one`() async throws {
        let test = try await TestVault()
        let vault = try unlock(test, TestVault.passphrase)
        try vault.changePassphrase(to: SecretBytes("another one, longer"))
        #expect(try vault.slots().first { $0.kind == .passphrase }?.cost == .floor)
    }

    @Test func `a vault that cannot be anchored is not made`() async throws {
        let test = try await TestVault()
        var environment = test.environment
        environment.stateDirectory = test.path + "/not/a/directory"
        let path = test.directory + "/other/vault.db"
        let nowhere = environment
        let error = #expect(throws: VaultError.self) {
            _ = try Vault.create(at: path, passphrase: SecretBytes("long enough"), cost: .floor, environment: nowhere)
                .id
        }
        #expect(error != nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: test.directory + "/other") == ["vault.db.lock"])
    }

    @Test func `a directory that is reached by a link is the one that is checked`() async throws {
        let test = try await TestVault()
        try FileManager.default.createSymbolicLink(
            atPath: test.directory + "/link", withDestinationPath: test.directory + "/data")
        let vault = try Vault.open(
            at: test.directory + "/link/vault.db", with: .keyFile(SecretBytes(TestVault.keyFile)),
            environment: test.environment)
        #expect(try FileStatus(of: vault.file.path)?.isRegularFile == true)
        #expect(vault.file.directory.hasSuffix("/data"))
    }

    @Test func `a vault is made once, and for its user alone`() async throws {
        let test = try await TestVault()
        let again = #expect(throws: VaultError.self) {
            _ = try Vault.create(
                at: test.path, passphrase: SecretBytes("x"), cost: .floor, environment: test.environment
            ).id
        }
        #expect(again?.code == .exists)
        #expect(try FileStatus(of: test.path)?.mode == 0o600)
        #expect(try FileStatus(of: test.directory + "/data")?.mode == 0o700)
        for (path, mode) in [(test.path, 0o640), (test.directory + "/data", 0o755)] {
            let manager = FileManager.default
            let before = try manager.attributesOfItem(atPath: path)[.posixPermissions]
            try manager.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
            let error = #expect(throws: VaultError.self) { _ = try test.open() }
            #expect(error?.code == .locked)
            try manager.setAttributes([.posixPermissions: try #require(before)], ofItemAtPath: path)
        }
        _ = try test.open()
    }

    private static let wrongClouds = [
        Cloud(
            name: "AzureCloud", authority: "https://login.evil.example", graph: "https://graph.microsoft.com",
            arm: "https://management.azure.com"),
        Cloud(
            name: "own", authority: "http://login.own.example", graph: "https://graph.own.example",
            arm: "https://arm.own.example"),
        Cloud(
            name: "own", authority: "https://login.own.example", graph: "https://graph.own.example",
            arm: "https://evil@arm.own.example"),
    ]

    @Test(arguments: wrongClouds)
    func `a destination that cannot be one is refused, whoever asks`(cloud: Cloud) async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let error = await expectError {
            var new = try test.newProfile("ci", checks: false)
            new.destination.cloud = cloud
            _ = try await vault.add(new)
        }
        #expect(error?.code == .usage)
        #expect(try await vault.profiles(tags: []).isEmpty)
    }

    private func expectError(_ body: () async throws -> Void) async -> VaultError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? VaultError
        }
    }

    @Test func `a long record is listed and verified across stretches`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        try vault.addUntried(2_500) { (number) throws(VaultError) in try test.newProfile("service-\(number)") }
        let all = try await vault.auditEntries(AuditQuery())
        #expect(all.map(\.sequence) == Array(0..<2_502))
        let some = try await vault.auditEntries(AuditQuery(actions: [.add], limit: 1_500))
        #expect(some.map(\.sequence) == Array(1_002..<2_502))
        let first = try await vault.auditEntries(AuditQuery(profiles: ["service-0"]))
        #expect(first.map(\.sequence) == [2])
        let done = Mutex<[Int]>([])
        let found = try await vault.verify { now, total in done.withLock { $0.append(now * 10_000 + total) } }
        #expect(found.auditEntries == 2_502)
        #expect(done.withLock { $0 } == [1_024, 2_048, 2_502].map { $0 * 10_000 + 2_502 })
        try test.tamper("DELETE FROM audit WHERE seq = 1024")
        let error = await expectError { _ = try await vault.verify { _, _ in } }
        #expect(error?.message.contains("audit entry 1024 is missing") == true)
    }

    @Test func `the record keeps as much of what a caller claims as has room`() {
        let paths = (0..<10).map { "/opt/\($0)/" + String(repeating: "x", count: 500) }
        let caller = Caller(uid: 1, pid: 2, user: "ada", host: "analytical", claimedExecutables: paths)
        #expect(caller.claimedExecutables == Array(paths.prefix(4)))
    }
}
