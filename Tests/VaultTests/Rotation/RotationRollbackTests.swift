import EntraEmulator
import FoundationEssentials
import Testing
import VaultTesting

@testable import Vault

/// Back to the old credential, and never to none.
struct RotationRollbackTests {
    private func keep(_ vault: Vault, _ world: RotationWorld) async throws -> VaultError? {
        try await RotationWorld.carryOut(vault, RotationOrder(.rotate([world.name]), grace: 3600))
    }

    private func rollBack(_ vault: Vault, _ world: RotationWorld) async throws -> VaultError? {
        try await RotationWorld.carryOut(vault, RotationOrder(.rollBack([.profile(world.name)])))
    }

    @Test(arguments: RotatedKind.allCases)
    func `in the grace the old one comes back and the new one goes`(kind: RotatedKind) async throws {
        let world = try await RotationWorld.make(kind)
        let before = await world.live()
        let vault = try world.test.open()
        #expect(try await keep(vault, world) == nil)
        #expect(await world.live().count == before.count + 1)
        #expect(try await rollBack(vault, world) == nil)
        #expect(await world.live() == before)
        #expect(try await vault.rotations(of: nil).isEmpty)
        _ = try await vault.issue(TokenRequest(profile: world.name, forceRefresh: true))
        // It is ours as it was, so that the next rotation removes it.
        #expect(try await RotationWorld.rotate(vault, world.name) == nil)
        #expect(await world.live().isDisjoint(with: before.subtracting([kind.foreignKeyID])))
    }

    @Test func `one that was made elsewhere gives the old one back`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let name = try ProfileName("ci")
        _ = try await vault.add(try test.newProfile("ci", checks: false))
        await test.emulator.add(ClientSecret(value: "second"), to: TestVault.client)
        _ = try await vault.replaceSecret(
            of: name, with: SecretBytes("second"), expiresAt: nil, grace: 60, retiring: [])
        let order = RotationOrder(.rollBack([.profile(name)]))
        #expect(try await RotationWorld.carryOut(vault, order) == nil)
        let secret = try vault.revealSecret(of: name).exposedText
        #expect(secret == TestVault.secret)
        #expect(try await vault.rotations(of: nil).isEmpty)
    }

    @Test func `the old one is not removed while the one in use is refused`() async throws {
        let world = try await RotationWorld.make(.secret)
        let vault = try world.test.open()
        #expect(try await keep(vault, world) == nil)
        let rotation = try #require(try await vault.rotations(of: nil).first)
        // Somebody tidies up.
        await world.test.emulator.revokeSecrets(of: TestVault.client, keyId: rotation.newKeyID)
        world.test.clock.advance(by: 3601)
        let failure = try await RotationWorld.resume(vault)
        #expect(failure?.code == .refused && failure?.hint?.contains("rollback") == true)
        #expect(try await rollBack(vault, world) == nil)
        _ = try await vault.issue(TokenRequest(profile: world.name, forceRefresh: true))
    }

    @Test func `a profile with something to be removed at its provider is not removed before that`() async throws {
        let world = try await RotationWorld.make(.secret)
        let vault = try world.test.open()
        #expect(try await keep(vault, world) == nil)
        let error = await #expect(throws: VaultError.self) { try await vault.remove(world.name) }
        #expect(error?.code == .tryAgain)
        let finish = RotationOrder(.finish([.profile(world.name)]))
        #expect(try await RotationWorld.carryOut(vault, finish) == nil)
        try await vault.remove(world.name)
    }
}
