import Testing
import VaultTesting
@testable import Vault

struct CheckpointTests {
    /// The checkpoints that lie in the file, as an auditor reads them.
    private func stored(_ vault: Vault) async throws -> [SignedCheckpoint] {
        var found: [SignedCheckpoint] = []
        let history = try SealedHistory(at: vault.file.path, head: try await vault.beginAuditExport())
        try history.forEachCheckpoint { found.append($0) }
        return found.dropLast()
    }

    @Test func `a checkpoint covers its own entry, and nothing new is not signed again`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let first = try await vault.checkpoint(reason: "quarter")
        #expect(first.size == vault.records.state.tree.size)
        #expect(first.root == vault.records.state.tree.root)
        #expect(vault.records.state.checkpointSize == first.size)
        let event = try #require(try await vault.auditEntries(AuditQuery(actions: [.checkpoint])).last?.event)
        #expect(event.reason == "quarter" && event.caller.user == "ada")
        #expect(try await vault.checkpoint(reason: "again") == first)
        try vault.checkpointBeforeLocking()
        #expect(vault.records.state.tree.size == first.size)
        _ = try await vault.add(try test.newProfile("ci"))
        try vault.checkpointBeforeLocking()
        let second = try await vault.checkpoint(reason: nil)
        #expect(second.size == vault.records.state.tree.size && second.size > first.size)
        #expect(try await stored(test.open()) == [first, second])
        _ = try await test.open().verify { _, _ in }
    }

    @Test func `every thousand entries are followed by one, in the same transaction`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let before = vault.records.state.tree.size
        func append(_ count: UInt64) throws {
            try vault.records.write { (transaction) throws(VaultError) in
                for _ in 0..<count { try transaction.append(AuditEvent(vault.environment, .check, .ok)) }
            }
        }
        try append(Checkpoint.interval - before - 1)
        #expect(vault.records.state.checkpointSize == 0)
        try append(1)
        #expect(vault.records.state.checkpointSize == Checkpoint.interval)
        try append(Checkpoint.interval - 1)
        #expect(vault.records.state.checkpointSize == Checkpoint.interval)
        try append(2 * Checkpoint.interval)
        #expect(vault.records.state.checkpointSize == 4 * Checkpoint.interval - 1)
        #expect(
            try await stored(test.open()).map(\.size) == [Checkpoint.interval, 4 * Checkpoint.interval - 1])
    }

    @Test func `a checkpoint that was exchanged is found`() async throws {
        let test = try await TestVault()
        let note = try await test.open().checkpoint(reason: nil).note
        try test.tamper("UPDATE checkpoint SET note = replace(note, 'vaultctl', 'vaultct1')")
        #expect(throws: VaultError.self) { try test.open() }
        try test.tamper("UPDATE checkpoint SET note = '\(note)'")
        _ = try test.open()
        try test.tamper("DELETE FROM checkpoint")
        #expect(throws: VaultError.self) { try test.open() }
    }

    @Test func `a changed row gets no proof, and the others none either`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let size = vault.records.state.tree.size
        #expect(try await vault.proveEntry(0).checkpoint.size == size)
        #expect(try await vault.proveConsistency(from: 1, to: nil).checkpoint.size == size)
        try test.tamper("UPDATE audit SET seal = zeroblob(16) WHERE seq = 1")
        let other = try test.open()
        for sequence in 0..<size {
            let error = await #expect(throws: VaultError.self) { try await other.proveEntry(sequence) }
            #expect(error?.code == .damaged)
        }
        for (old, new) in [(1, size), (1, 2), (size, size)] {
            let error = await #expect(throws: VaultError.self) {
                try await other.proveConsistency(from: old, to: new)
            }
            #expect(error?.code == .damaged, "\(old) to \(new)")
        }
    }
}
