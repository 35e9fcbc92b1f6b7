/// What the file said of itself at one moment: the state, and all that it vouches for but the entries.
///
/// Read in one transaction, so that whoever writes meanwhile is in it as a whole or not at all.
struct AuditBaseline: Sendable {
    /// Nil where it cannot be read.
    var state: VaultState?
    /// The key in the state, 32 bytes; nil where it cannot be read.
    var sealKey: SharedSecret?
    /// How many entries there should be.
    var size: UInt64
    /// More entries than the file has room for. Numbers from here on are missing, whatever somebody wrote into the state or
    /// planted far away, and are not looked for one by one.
    let room: UInt64
    /// Notes as stored, by the size that their rows say.
    var checkpoints: [(size: UInt64, note: [UInt8])] = []
    /// Whether there are tables for what is derived from the entries.
    private(set) var hasDerived = false
    var findings = AuditFindings()

    /// - Throws: what keeps the file from being read at all, and code `notUnderstood` for a newer format.
    init(_ connection: SQLiteConnection, keyring: Keyring) throws(VaultError) {
        size = 0
        room = UInt64(clamping: try connection.fileSize()) / Self.shortestRow
        let store = VaultStore(connection: connection)
        let schemaHash = try readSchema(connection)
        var secretProblem: String?
        do throws(VaultError) {
            let snapshot = try Snapshot(store: store, keyring: keyring)
            state = snapshot.state
            size = snapshot.state.tree.size
            do throws(VaultError) {
                sealKey = SharedSecret(try snapshot.auditSealKey().bytes.copy())
            } catch {
                guard error.code == .damaged else { throw error }
                secretProblem = error.cause
            }
            checkRows(snapshot, schemaHash: schemaHash)
        } catch {
            guard error.code == .damaged else { throw error }
            findings.add(.wrongState, .state, "the state cannot be relied on: \(error.cause)")
        }
        if let secretProblem {
            findings.add(.wrongState, .state, "the sealing key in the state cannot be relied on: \(secretProblem)")
        }
        try readBounds(store)
        try readCheckpoints(store)
        if hasDerived, state != nil { try readDerivedBounds(store) }
    }

    /// The format that brought tiles and the index.
    private static let firstWithDerived: Int64 = 2

    /// Bytes: no entry is shorter than a block of padding.
    private static let shortestRow: UInt64 = 256

    private mutating func readSchema(_ connection: SQLiteConnection) throws(VaultError) -> [UInt8]? {
        do throws(VaultError) {
            let schema = try Schema.check(connection)
            hasDerived = schema.version >= Self.firstWithDerived
            return sha256(schema.schema)
        } catch {
            guard error.code == .damaged else { throw error }
            findings.add(.wrongSchema, .table("sqlite_schema"), error.cause)
            return nil
        }
    }

    /// Whether the live rows are those that the state was written for, table by table.
    private mutating func checkRows(_ snapshot: Snapshot, schemaHash: [UInt8]?) {
        let state = snapshot.state
        if let schemaHash, schemaHash != state.schemaHash {
            findings.add(
                .wrongSchema, .table("sqlite_schema"), "the schema is not the one that the state was written with")
        }
        var hash = SetHash()
        var isWhole = true
        for table in VaultState.hashedTables {
            var count: UInt64 = 0
            do throws(VaultError) {
                try snapshot.store.forEach(in: table) { (row) throws(VaultError) in
                    snapshot.keyring.withSubkey(.set, epoch: snapshot.keyring.epoch) {
                        hash.toggle(row, in: table, key: $0)
                    }
                    count += 1
                }
            } catch {
                findings.add(.rowsChanged, .table("\(table)"), "\(table) cannot be read: \(error.cause)")
                isWhole = false
                continue
            }
            let expected = table == .keyring ? 1 : state.rows[table, default: 0]
            if count != expected {
                findings.add(
                    .rowsChanged, .table("\(table)"), "\(table) has \(count) rows where \(expected) were written")
                isWhole = false
            }
        }
        // Where a number of rows is wrong their hash cannot be right, and says nothing more.
        if isWhole, !hash.equals(state.setHash) {
            findings.add(
                .rowsChanged, .table("live rows"), "a row was changed, exchanged or put back from an older copy")
        }
    }

    /// Rows that lie outside the numbers that the state counts.
    private mutating func readBounds(_ store: VaultStore) throws(VaultError) {
        let bounds: (first: Int64, last: Int64)?
        do throws(VaultError) {
            bounds = try store.storedAuditBounds()
        } catch {
            guard error.code == .damaged else { throw error }
            findings.add(.wrongSchema, .table("audit"), "the audit cannot be read: \(error.cause)")
            return
        }
        guard let bounds else { return }
        if bounds.first < 0 {
            findings.add(.extraEntry, .table("audit"), "an audit entry has the number \(bounds.first)")
        }
        guard bounds.last >= 0 else { return }
        let last = UInt64(bounds.last)
        if state == nil {
            size = min(last + 1, room)
        }
        if last >= size { try addExtraEntries(store) }
    }

    /// Of those that were planted far away, only the first thousand are looked for.
    private mutating func addExtraEntries(_ store: VaultStore) throws(VaultError) {
        for number in try store.auditNumbers(from: size, atMost: 1000) {
            findings.add(.extraEntry, entries: number...number)
        }
    }

    /// Tiles and segments of entries that there are not.
    private mutating func readDerivedBounds(_ store: VaultStore) throws(VaultError) {
        if try store.hasTiles(beyond: size) {
            findings.add(
                .wrongTile, .table("tile"), "there are tiles of entries that there are not",
                hint: AuditFinding.reindexing)
        }
        if try store.hasAuditSegments(from: size / AuditSegment.width) {
            findings.add(
                .wrongIndex, .table("audit_index"), "the index has segments of entries that there are not",
                hint: AuditFinding.reindexing)
        }
    }

    private mutating func readCheckpoints(_ store: VaultStore) throws(VaultError) {
        do throws(VaultError) {
            var found: [(UInt64, [UInt8])] = []
            try store.forEach(in: .checkpoint) { (row) throws(VaultError) in
                found.append((UInt64(littleEndianBytes: row.id), row.meta))
            }
            checkpoints = found.sorted { $0.0 < $1.0 }
        } catch {
            // That the table cannot be read was found with the live rows, if there is a state.
            guard error.code == .damaged else { throw error }
        }
        guard let state, state.checkpointSize > 0 else { return }
        guard checkpoints.contains(where: { $0.size == state.checkpointSize }) else {
            findings.add(
                .checkpointMissing, .checkpoint(state.checkpointSize),
                "the checkpoint of \(state.checkpointSize) entries, which the state counts from, is missing")
            return
        }
    }
}

extension VaultError {
    /// The message without the part that every message of code `damaged` begins with.
    var cause: String {
        let start = VaultError.damaged("").message
        return message.hasPrefix(start) ? String(message.dropFirst(start.count)) : message
    }
}
