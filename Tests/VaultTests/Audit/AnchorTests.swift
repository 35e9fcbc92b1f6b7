import FoundationEssentials
import Testing
import VaultTesting
@testable import Vault

struct AnchorTests {
    private func edited(_ test: TestVault, _ text: String) async throws {
        let vault = try test.open()
        _ = try await vault.edit(try ProfileName("a"), ProfileChange(about: text))
        try vault.writeAnchor()
    }

    private func vaultWithAProfile() async throws -> TestVault {
        let test = try await TestVault()
        let vault = try test.open()
        _ = try await vault.add(try test.newProfile("a", checks: false))
        try vault.writeAnchor()
        return test
    }

    @Test func `a vault put back as a whole is rolled back, until somebody answers for it`() async throws {
        let test = try await vaultWithAProfile()
        try test.copyFile(to: "older")
        try await edited(test, "changed")
        try test.putBack("older")
        let error = #expect(throws: VaultError.self) { _ = try test.open() }
        #expect(error?.code == .damaged)
        #expect(error?.message.contains("rolled back") == true)
        try test.open(accepting: .anything).acceptAnchor(reason: "restored after a broken disk")
        let entries = try await test.open().auditEntries(AuditQuery(actions: [.acceptAnchor]))
        #expect(entries.map(\.event.reason) == ["restored after a broken disk"])
    }

    @Test func `a vault written on two machines is forked, at the same size and beyond it`() async throws {
        let test = try await vaultWithAProfile()
        try test.copyFile(to: "copy")
        try await edited(test, "here")
        let anchor = try Data(contentsOf: anchorURL(test))
        for extra in 0..<2 {
            try test.putBack("copy")
            try FileManager.default.removeItem(at: anchorURL(test))
            for number in 0...extra { try await edited(test, "elsewhere \(number)") }
            try anchor.write(to: anchorURL(test))
            let error = #expect(throws: VaultError.self) { _ = try test.open() }
            #expect(error?.code == .damaged)
            #expect(error?.message.contains("forked") == true)
        }
        try test.open(accepting: .anything).acceptAnchor(reason: "elsewhere is right")
        #expect(try test.open().notices.isEmpty)
    }

    @Test func `an anchor that lies behind is normal after a crash`() async throws {
        let test = try await vaultWithAProfile()
        for number in 0..<5 {
            _ = try await test.open().edit(try ProfileName("a"), ProfileChange(about: "\(number)"))
        }
        #expect(try test.open().notices.isEmpty)
    }

    @Test func `a missing anchor is told, a damaged one refused`() async throws {
        let test = try await vaultWithAProfile()
        var bytes = try Data(contentsOf: anchorURL(test))
        bytes[30] ^= 1
        try bytes.write(to: anchorURL(test))
        let error = #expect(throws: VaultError.self) { _ = try test.open() }
        #expect(error?.message.contains("anchor on this machine is damaged") == true)
        try FileManager.default.removeItem(at: anchorURL(test))
        let vault = try test.open()
        #expect(vault.notices.count == 1)
        let verification = try await vault.verify { _, _ in }
        #expect(!verification.anchorAgrees)
    }

    @Test func `an anchor is never lowered`() async throws {
        let test = try await vaultWithAProfile()
        let before = try test.open()
        try await edited(test, "later")
        let anchor = try Data(contentsOf: anchorURL(test))
        try before.writeAnchor()
        #expect(try Data(contentsOf: anchorURL(test)) == anchor)
    }

    private func anchorURL(_ test: TestVault) throws -> URL {
        let names = try FileManager.default.contentsOfDirectory(atPath: test.state)
        let name = try #require(names.first { $0.hasSuffix(".anchor") })
        return URL(filePath: test.state + "/" + name)
    }
}
