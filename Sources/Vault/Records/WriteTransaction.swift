internal import SwiftProtobuf
internal import VaultProtos

/// Changes that become durable together, or not at all; always with at least one entry of the record.
struct WriteTransaction: ~Copyable {
    private(set) var snapshot: Snapshot
    private(set) var derived: DerivedInProgress
    private var sealKey: AuditSealKey
    /// How many entries there were when it began.
    let sizeBefore: UInt64
    /// How many tokens of each profile leave with it.
    private(set) var uses: [RowID: Int] = [:]
    /// Counts what was done, so that one can tell whether there is anything to undo.
    private(set) var changes = 0
    private var hasChangedRows = false
    /// What was put onto the record since there are settings, in order, and the number of the first.
    private var appended: [EncodedAuditEvent] = []
    private var firstAppended: UInt64 = 0
    /// All settings as they were before the first one was changed.
    private var settingsBefore: [Setting]?

    /// - Parameter derived: as the last transaction left it.
    init(_ snapshot: Snapshot, derived: DerivedInProgress) throws(VaultError) {
        self.snapshot = snapshot
        self.derived = derived
        sealKey = try snapshot.auditSealKey()
        sizeBefore = snapshot.state.tree.size
    }

    var keyring: Keyring { snapshot.keyring }

    /// The number of the rows as they are, see ``Snapshot/generation``; nil once this transaction has changed any.
    var generation: UInt64? { hasChangedRows ? nil : snapshot.generation }

    // MARK: Rows

    mutating func insert(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        changes += 1
        hasChangedRows = true
        try snapshot.store.insert(row, in: table)
        toggle(row, in: table)
        snapshot.state.rows[table, default: 0] += 1
    }

    mutating func replace(_ old: SealedRow, by new: SealedRow, in table: VaultTable) throws(VaultError) {
        changes += 1
        hasChangedRows = true
        try snapshot.store.update(old, to: new, in: table)
        toggle(old, in: table)
        toggle(new, in: table)
    }

    mutating func delete(_ row: SealedRow, in table: VaultTable) throws(VaultError) {
        changes += 1
        hasChangedRows = true
        try snapshot.store.delete(row, in: table)
        toggle(row, in: table)
        snapshot.state.rows[table, default: 0] -= 1
    }

    private mutating func toggle(_ row: SealedRow, in table: VaultTable) {
        keyring.withSubkey(.set, epoch: keyring.epoch) { snapshot.state.setHash.toggle(row, in: table, key: $0) }
    }

    /// Goes on under other keys. No row is in the state's set hash then, until ``count(_:in:)`` or ``rewrite(_:as:in:)`` has
    /// put each into it again.
    mutating func adopt(_ keyring: Keyring) {
        changes += 1
        hasChangedRows = true
        snapshot.keyring = keyring
        snapshot.state.setHash = SetHash()
    }

    /// Writes a row over one that is in no set hash.
    mutating func rewrite(_ old: SealedRow, as new: SealedRow, in table: VaultTable) throws(VaultError) {
        try snapshot.store.update(old, to: new, in: table)
        toggle(new, in: table)
    }

    /// Puts a row that stays as it is into the set hash.
    mutating func count(_ row: SealedRow, in table: VaultTable) {
        toggle(row, in: table)
    }

    /// To be called before a setting is changed.
    mutating func noteSettings() throws(VaultError) {
        if settingsBefore == nil { settingsBefore = try snapshot.settings() }
    }

    // MARK: Record

    /// Adds an entry to the audit.
    ///
    /// - Returns: its number.
    @discardableResult
    mutating func append(_ event: AuditEvent) throws(VaultError) -> UInt64 {
        try append(try EncodedAuditEvent(event))
    }

    /// The same for an entry that was made ready before.
    mutating func append(_ event: EncodedAuditEvent) throws(VaultError) -> UInt64 {
        changes += 1
        let sequence = snapshot.state.tree.size
        let place = SealedPlace(table: .audit, column: .meta, rowID: SealedPlace.auditRowID(sequence))
        let meta = try event.bytes.withRawSpan { (bytes) throws(VaultError) in
            try keyring.seal(bytes, at: place, version: 0)
        }
        let row = SealedAuditRow(sequence: sequence, meta: meta, seal: sealKey.seal(sequence: sequence, meta: meta))
        try snapshot.store.appendAudit(row)
        let leaf = AuditTree.leaf(row)
        snapshot.state.tree.append(leaf: leaf)
        event.bytes.withRawSpan { derived.append(sequence, leaf: leaf, $0) }
        sealKey = sealKey.next()
        try storeDerived()
        if let use = event.use { uses[use.profile, default: 0] += 1 }
        if settingsBefore != nil || snapshot.state.rows[.setting, default: 0] > 0 {
            if appended.isEmpty { firstAppended = sequence }
            appended.append(event)
        }
        return sequence
    }

    /// Signs a checkpoint of all entries until now.
    ///
    /// - Precondition: there is none of this size.
    @discardableResult
    mutating func addCheckpoint() throws(VaultError) -> SignedCheckpoint {
        let checkpoint = keyring.signed(Checkpoint(vaultID: keyring.vaultID, snapshot.state.tree))
        try insert(SealedRow(checkpoint), in: .checkpoint)
        snapshot.state.checkpointSize = checkpoint.size
        return checkpoint
    }

    // MARK: End

    /// Has the state say that the schema is another one.
    mutating func note(schemaHash: [UInt8]) {
        snapshot.state.schemaHash = schemaHash
    }

    /// What is to be told of this transaction when it is durable; nil where no setting was or is in force.
    var committed: CommittedEntries? {
        guard !appended.isEmpty else { return nil }
        return CommittedEntries(
            first: firstAppended, events: appended, settingsBefore: settingsBefore, generation: snapshot.generation)
    }

    /// Writes the state, the last thing before the commit, and before it a checkpoint, when one is due.
    consuming func finish() throws(VaultError) -> VaultState {
        guard snapshot.state.tree.size > sizeBefore else {
            throw VaultError(.internalError, "a transaction without an entry of the record")
        }
        if snapshot.state.tree.size / Checkpoint.interval > snapshot.state.checkpointSize / Checkpoint.interval {
            try addCheckpoint()
        }
        snapshot.state.transactions += 1
        let row = try Self.stateRow(snapshot.state, sealKey: sealKey, keyring: snapshot.keyring)
        try snapshot.store.update(row, to: row, in: .state)
        return snapshot.state
    }

    static func stateRow(
        _ state: VaultState, sealKey: borrowing AuditSealKey, keyring: Keyring
    ) throws(VaultError) -> SealedRow {
        let meta = try keyring.seal(state.sealed, at: VaultState.place, version: state.transactions)
        let secret = try keyring.seal(sealKey.bytes, at: VaultState.secretPlace, version: state.transactions)
        return SealedRow(id: SealedPlace.singleRowID, meta: meta, secret: secret)
    }
}
