import FoundationEssentials
import Testing
import VaultTesting
@testable import Vault

struct AuditBoundsTests {
    /// SQLite reads a whole table for what looks like a look-up; a page that cannot be read shows it.
    @Test func `the first and the last number are looked up, not searched for`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        try vault.appendEntries(3000) { _ in AuditEvent(vault.environment, .check, .ok) }
        let size = vault.records.state.tree.size

        var file = try Data(contentsOf: URL(filePath: test.path))
        let page = 8192
        let middle = file.count / page / 2 * page
        file.replaceSubrange(middle..<middle + 20 * page, with: Data(count: 20 * page))
        try file.write(to: URL(filePath: test.path))

        let store = VaultStore(connection: try SQLiteConnection(path: test.path, access: .readWrite))
        #expect(throws: VaultError.self) { try store.forEachAudit(from: 0) { (_) throws(VaultError) in true } }
        let bounds = try #require(try store.auditBounds())
        #expect(bounds.first == 0 && bounds.last == size - 1)
        #expect(try Vault.inspect(at: test.path).auditEntries == Int(size))
    }
}
