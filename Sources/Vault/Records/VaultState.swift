internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// What binds the live rows together: counters, the set hash, the audit's tree (FORMAT.md, state).
struct VaultState: Sendable, Equatable {
    /// Counts write transactions.
    var transactions: UInt64
    var rows: [VaultTable: UInt64]
    var setHash: SetHash
    var tree: AuditTree
    var checkpointSize: UInt64
    var schemaHash: [UInt8]

    /// Tables whose rows are counted.
    static let countedTables: [VaultTable] = [.profile, .token, .rotation, .setting, .keyslot, .checkpoint]
    /// Tables whose rows are in the set hash.
    static let hashedTables: [VaultTable] = countedTables + [.keyring]

    /// SQLite's integers end before twice as much; no machine counts so far.
    private static let most: UInt64 = 1 << 62

    static let place = SealedPlace(table: .state, column: .meta, rowID: SealedPlace.singleRowID)
    static let secretPlace = SealedPlace(table: .state, column: .secret, rowID: SealedPlace.singleRowID)

    init(schemaHash: [UInt8]) {
        transactions = 0
        rows = [:]
        setHash = SetHash()
        tree = AuditTree()
        checkpointSize = 0
        self.schemaHash = schemaHash
    }

    /// - Throws: code `damaged` when it does not hang together.
    init(_ sealed: SealedState) throws(VaultError) {
        guard let setHash = SetHash(Array(sealed.setHash)),
            let tree = AuditTree(size: sealed.auditSize, frontier: sealed.frontier.map { Array($0) }),
            sealed.schemaHash.count == 32, max(sealed.transactions, sealed.auditSize) <= Self.most
        else { throw .damaged("its state does not hang together") }
        transactions = sealed.transactions
        rows = [
            .profile: sealed.rows.profile, .token: sealed.rows.token, .rotation: sealed.rows.rotation,
            .setting: sealed.rows.setting, .keyslot: sealed.rows.keyslot, .checkpoint: sealed.rows.checkpoint,
        ]
        self.setHash = setHash
        self.tree = tree
        checkpointSize = sealed.checkpointSize
        schemaHash = Array(sealed.schemaHash)
    }

    var sealed: SealedState {
        var sealed = SealedState()
        sealed.transactions = transactions
        sealed.rows.profile = rows[.profile, default: 0]
        sealed.rows.token = rows[.token, default: 0]
        sealed.rows.rotation = rows[.rotation, default: 0]
        sealed.rows.setting = rows[.setting, default: 0]
        sealed.rows.keyslot = rows[.keyslot, default: 0]
        sealed.rows.checkpoint = rows[.checkpoint, default: 0]
        sealed.setHash = .init(setHash.bytes)
        sealed.auditSize = tree.size
        sealed.frontier = tree.frontier.map { .init($0) }
        sealed.checkpointSize = checkpointSize
        sealed.schemaHash = .init(schemaHash)
        return sealed
    }
}
