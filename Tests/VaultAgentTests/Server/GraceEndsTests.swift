import EntraEmulator
import FoundationEssentials
import Synchronization
import Testing
import VaultTesting
@testable import Vault
@testable import VaultAgent

/// An agent ends rotations whose grace is over.
struct GraceEndsTests {
    /// A vault whose one profile had its secret replaced, with a grace of a minute.
    private func scene() async throws -> (test: TestVault, vault: Vault, ends: GraceEnds) {
        let test = try await TestVault()
        let vault = try test.open()
        _ = try await vault.add(try test.newProfile("ci", checks: false))
        await test.emulator.add(ClientSecret(value: "second", keyId: "second"), to: TestVault.client)
        _ = try await vault.replaceSecret(
            of: try ProfileName("ci"), with: SecretBytes("second"), expiresAt: nil, grace: 60, retiring: [])
        return (test, vault, GraceEnds(vault))
    }

    @Test func `what is in its grace is left alone, and what is past it ends`() async throws {
        let (test, vault, ends) = try await scene()
        let quiet: @Sendable (String) -> Void = { Issue.record("\($0)") }
        #expect(await ends.endDue(vault, at: test.clock.now, report: quiet) == false)
        #expect(try await vault.rotations(of: nil).map(\.state) == [.promoted])
        test.clock.advance(by: 61)
        #expect(await ends.endDue(vault, at: test.clock.now, report: quiet) == false)
        #expect(try await vault.rotations(of: nil).isEmpty)
    }

    @Test func `the old credential is kept while the one in use is refused, and somebody is told`() async throws {
        let (test, vault, ends) = try await scene()
        await test.emulator.revokeSecrets(of: TestVault.client, keyId: "second")
        test.clock.advance(by: 61)
        let told = Mutex<[String]>([])
        #expect(await ends.endDue(vault, at: test.clock.now) { text in told.withLock { $0.append(text) } })
        #expect(told.withLock { $0 }.first?.contains("the old one is kept") == true)
        #expect(try await vault.rotations(of: nil).map(\.state) == [.promoted])
    }
}
