import Dispatch
import Testing
import VaultTesting
@testable import Vault

struct GroupCommitTests {
    private func event(_ vault: Vault, _ detail: String) -> AuditEvent {
        var event = AuditEvent(vault.environment, .check, .ok)
        event.detail = detail
        return event
    }

    /// Lets changes arrive while a transaction of another process keeps them from beginning, so that they share the next.
    private func together(_ test: TestVault, _ count: Int, _ body: @escaping @Sendable (Int) async -> Void) async throws
    {
        let turn = try LockFile(path: test.path + ".lock").take(.writing)
        await withDiscardingTaskGroup { group in
            for number in 0..<count { group.addTask { await body(number) } }
            // As long as they may take to get into the line. Whoever comes later makes the test see more transactions, and
            // fail.
            group.addTask {
                try? await Task.sleep(for: .milliseconds(500))
                turn.release()
            }
        }
    }

    @Test func `changes that wait at the same time share a transaction, each with its entry`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let before = vault.records.state
        try await together(test, 40) { number in
            do throws(VaultError) {
                let event = event(vault, "\(number)")
                _ = try await vault.commits.write { (transaction) throws(VaultError) in try transaction.append(event) }
            } catch {
                Issue.record(error)
            }
        }
        let after = vault.records.state
        #expect(after.tree.size == before.tree.size + 40)
        // The first may go alone.
        #expect(after.transactions <= before.transactions + 2)
        let details = try await vault.auditEntries(AuditQuery(actions: [.check])).compactMap(\.event.detail)
        #expect(Set(details) == Set((0..<40).map(String.init)))
        #expect(try await test.open().verify { _, _ in }.auditEntries == after.tree.size)
    }

    @Test func `a change that fails half way undoes itself and no other`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let before = vault.records.state.tree.size
        try await together(test, 12) { number in
            let event = event(vault, "\(number)")
            do throws(VaultError) {
                let result = try await vault.commits.writeUnlessNil { (transaction) throws(VaultError) -> Int? in
                    try transaction.append(event)
                    if number % 4 == 1 { throw VaultError(.policy, "number \(number)") }
                    return number % 4 == 2 ? nil : number
                }
                #expect(result == (number % 4 == 2 ? nil : number))
                #expect(number % 4 != 1)
            } catch {
                #expect(error == VaultError(.policy, "number \(number)") && number % 4 == 1)
            }
        }
        let details = try await vault.auditEntries(AuditQuery(actions: [.check])).compactMap(\.event.detail)
        #expect(Set(details) == Set(["0", "3", "4", "7", "8", "11"]))
        #expect(vault.records.state.tree.size == before + 6)
        #expect(try await test.open().verify { _, _ in }.auditEntries == before + 6)
    }

    @Test func `what fails before it changes anything fails alone`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        let before = vault.records.state.transactions
        try await together(test, 10) { number in
            let event = event(vault, "\(number)")
            do throws(VaultError) {
                _ = try await vault.commits.write { (transaction) throws(VaultError) in
                    if number == 5 { throw VaultError(.notFound, "five") }
                    return try transaction.append(event)
                }
                #expect(number != 5)
            } catch {
                #expect(error.message == "five" && number == 5)
            }
        }
        #expect(vault.records.state.transactions <= before + 2)
        #expect(try await vault.auditEntries(AuditQuery(actions: [.check])).count == 9)
    }

    @Test func `when the commit cannot be made, nobody is told it was`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        try test.tamper("DROP TABLE checkpoint")
        try await together(test, 8) { number in
            let event = event(vault, "\(number)")
            let error = await #expect(throws: VaultError.self) {
                _ = try await vault.commits.write { (transaction) throws(VaultError) in try transaction.append(event) }
            }
            #expect(error?.code == .damaged)
        }
    }
}
