internal import SwiftProtobuf
internal import VaultProtos

/// The rows of the vault at one moment, and the keys to open them. Lives within one transaction.
struct Snapshot {
    let store: VaultStore
    var keyring: Keyring
    var state: VaultState
    /// Two snapshots of one vault object that have the same number have the same live rows.
    var generation: UInt64 = 0

    /// Reads the state; the caller has begun a transaction.
    ///
    /// - Throws: code `damaged`; ``VaultError/keysChanged`` when state and keyring are not under these keys any more.
    init(store: VaultStore, keyring: Keyring) throws(VaultError) {
        let row = try store.singleRow(in: .state)
        if let header = SealedHeader(row.meta, at: VaultState.place), header.epoch > keyring.epoch,
            !keyring.opens(try store.singleRow(in: .keyring))
        {
            throw .keysChanged
        }
        let (sealed, version) = try keyring.open(SealedState.self, row.meta, at: VaultState.place)
        guard version == sealed.transactions else { throw .damaged("its state and the state's header differ") }
        self.store = store
        self.keyring = keyring
        state = try VaultState(sealed)
    }

    /// The key that seals the next audit row.
    func auditSealKey() throws(VaultError) -> AuditSealKey {
        let row = try store.singleRow(in: .state)
        let key = try keyring.openSecret(row.secret, at: VaultState.secretPlace, version: state.transactions)
        guard key.count == 32 else { throw .damaged("its audit key has the wrong length") }
        return AuditSealKey(key)
    }

    /// Checks that the live rows are those that the state was written for: none missing, added, doubled or older.
    ///
    /// Time grows with the number of rows. Of the audit only the first and last number are looked at; what lies between
    /// is for ``AuditVerifier``.
    /// - Throws: code `damaged`.
    func checkRows(schemaHash: [UInt8]) throws(VaultError) {
        guard state.schemaHash == schemaHash else { throw .damaged("its schema is not the one it was written with") }
        // The state's own secret is in no hash; that it opens is what tells that it is the one that was written.
        _ = try auditSealKey()
        try checkRows()
    }

    /// The same for a state that is not written yet.
    func checkRows() throws(VaultError) {
        var hash = SetHash()
        for table in VaultState.hashedTables {
            var count: UInt64 = 0
            try store.forEach(in: table) { (row) throws(VaultError) in
                keyring.withSubkey(.set, epoch: keyring.epoch) { hash.toggle(row, in: table, key: $0) }
                count += 1
            }
            let expected = table == .keyring ? 1 : state.rows[table, default: 0]
            guard count == expected else {
                throw .damaged("\(table) has \(count) rows where \(expected) were written")
            }
        }
        guard hash.equals(state.setHash) else {
            throw .damaged("a row was changed, exchanged or put back from an older copy")
        }
        let bounds = try store.auditBounds()
        guard bounds?.first == (state.tree.size > 0 ? 0 : nil), bounds.map({ $0.last + 1 }) ?? 0 == state.tree.size
        else {
            throw .damaged("the audit does not have the \(state.tree.size) entries that were written")
        }
    }
}
