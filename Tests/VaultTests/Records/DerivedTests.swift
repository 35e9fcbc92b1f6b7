import FoundationEssentials
import Testing
import VaultTesting
@testable import Vault

struct DerivedTests {
    private static let width = Int(AuditSegment.width)

    /// Appends entries in transactions of `batch`, of three profiles in turn.
    private func append(_ count: Int, to vault: Vault, batch: Int = 100, named name: String = "profile") throws {
        for first in stride(from: 0, to: count, by: batch) {
            try vault.appendEntries(min(batch, count - first)) { event(vault, "\(name)-\((first + $0) % 3)") }
        }
    }

    private func event(_ vault: Vault, _ profile: String) -> AuditEvent {
        var event = AuditEvent(vault.environment, .check, .ok)
        event.profile = profile
        return event
    }

    private func appendInVain(_ count: Int, to vault: Vault) throws {
        _ = try vault.records.writeUnlessNil { (transaction) throws(VaultError) -> Bool? in
            for _ in 0..<count { _ = try transaction.append(event(vault, "nobody")) }
            return nil
        }
        #expect(throws: VaultError(.policy, "no")) {
            try vault.records.write { (transaction) throws(VaultError) in
                for _ in 0..<count { _ = try transaction.append(event(vault, "nobody")) }
                throw VaultError(.policy, "no")
            }
        }
    }

    /// Numbers of the tiles and segments that are not what the rows say, and how many segments there are.
    private func look(_ vault: Vault) throws -> (wrongTiles: [UInt64], wrongSegments: [UInt64], segments: UInt64) {
        try vault.records.read { (snapshot) throws(VaultError) in
            let size = snapshot.state.tree.size
            let hashes = AuditHashes(store: snapshot.store, size: size)
            var (tiles, segments): ([UInt64], [UInt64]) = ([], [])
            for number in 0..<size / AuditHashes.tileWidth where !(try hashes.isRight(level: 0, number)) {
                tiles.append(number)
            }
            for number in 0..<size / AuditSegment.width
            where try snapshot.segment(number) != snapshot.segmentOfRows(number) {
                segments.append(number)
            }
            return (tiles, segments, size / AuditSegment.width)
        }
    }

    private func expectRight(_ test: TestVault, segments: UInt64) throws {
        let found = try look(test.open())
        #expect(found == ([], [], segments))
    }

    @Test func `what one process appends alone`() async throws {
        let test = try await TestVault()
        // As many at a time as fill no tile, and more than a segment has.
        let vault = try test.open()
        try append(2 * Self.width, to: vault, batch: 77)
        try append(2 * Self.width, to: vault, batch: 1500)
        try expectRight(test, segments: 4)
    }

    @Test func `what two append in turn`() async throws {
        let test = try await TestVault()
        let (one, other) = (try test.open(), try test.open())
        for turn in 0..<12 { try append(300 + turn, to: turn.isMultiple(of: 2) ? one : other) }
        // One that another process appends takes the place of one that is expected here.
        try append(2 * Self.width, to: one)
        try append(1, to: other)
        try append(2 * Self.width, to: one, batch: 1)
        try expectRight(test, segments: 7)
    }

    @Test func `what is undone is in none`() async throws {
        let test = try await TestVault()
        let (one, other) = (try test.open(), try test.open())
        try append(Self.width, to: one)
        try appendInVain(300, to: one)
        try append(100, to: one)
        try appendInVain(Self.width, to: one)
        // As many as were undone, so that what comes next would follow those.
        try append(Self.width, to: other)
        try append(2 * Self.width, to: one)
        try expectRight(test, segments: 4)
    }

    /// The file of another machine, with as many entries.
    @Test func `what another history put in its place`() async throws {
        let test = try await TestVault()
        try append(Self.width, to: test.open())
        let vault = try test.open()
        let elsewhere = try await TestVault(copying: test)
        try append(Self.width, to: vault, batch: Self.width)
        try append(Self.width, to: elsewhere.open(), named: "other")
        // In place, as cp does: another file would be noticed.
        try Data(contentsOf: URL(filePath: elsewhere.path)).write(to: URL(filePath: test.path))
        try append(Self.width, to: vault)
        let found = try look(vault)
        #expect(found == ([], [], 3))
    }

    @Test func `what one process appends alone is not read again`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        try append(Self.width - Int(vault.records.state.tree.size), to: vault)
        try vault.records.write { (transaction) throws(VaultError) in
            for _ in 0..<Self.width { _ = try transaction.append(event(vault, "profile")) }
            #expect(transaction.derived.tile?.count == 32 * Int(AuditHashes.tileWidth))
            let segment = try transaction.snapshot.segment(1)
            #expect(segment != nil && transaction.derived.segment == segment)
        }
        try expectRight(test, segments: 2)
    }

    @Test func `entries that are written otherwise than most`() async throws {
        let test = try await TestVault()
        let vault = try test.open()
        try append(Self.width + 100, to: vault)
        // Not what the quick look at an entry knows.
        try append(1, to: vault, named: "pröfil")
        try append(2 * Self.width, to: vault)
        try expectRight(test, segments: 3)
    }
}
