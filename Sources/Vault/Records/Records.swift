internal import Dispatch
internal import Synchronization

/// The sealed rows of an unlocked vault: what lies in the file, as what it means, in transactions.
///
/// A change is durable when ``write(_:)`` returns, with its entry in the audit; when it throws, nothing has changed, unless
/// it was the commit itself that failed: then the message says that this is not known.
final class Records: Sendable {
    private let locks: LockFile
    private let open: Mutex<Open>
    private let keys: Mutex<Keyring>
    private let loss = Mutex<VaultError?>(nil)
    private let listener = Mutex<(@Sendable (CommittedEntries) -> Void)?>(nil)

    /// SQLite's versions are positive.
    private static let unknownVersion: Int64 = -1

    private struct Open {
        let connection: SQLiteConnection
        let schemaHash: [UInt8]
        /// As of the last transaction of ours.
        var state: VaultState
        /// Tells when another process has committed.
        var dataVersion: Int64
        /// Counts up when live rows may have changed, whoever changed them.
        var generation: UInt64 = 0
        var hasWritten = false
        var derived = DerivedInProgress()
    }

    /// Takes over `connection` and checks all live rows against the state.
    ///
    /// - Throws: code `damaged`.
    init(
        connection: SQLiteConnection, keyring: Keyring, schemaHash: [UInt8], locks: LockFile
    ) throws(VaultError) {
        keys = Mutex(keyring)
        self.locks = locks
        let version = try connection.dataVersion()
        let state = try Self.transaction("BEGIN", on: connection) { () throws(VaultError) in
            let snapshot = try Snapshot(store: VaultStore(connection: connection), keyring: keyring)
            try snapshot.checkRows(schemaHash: schemaHash)
            return snapshot.state
        }
        open = Mutex(Open(connection: connection, schemaHash: schemaHash, state: state, dataVersion: version))
    }

    /// The keys that rows are opened and sealed with. A transaction of ours may give the vault others.
    var keyring: Keyring { keys.withLock { $0 } }

    /// Why nothing can be read or written any more, for ever: ``VaultError/keysChanged`` or ``VaultError/fileReplaced``;
    /// nil as long as that was not found.
    var lost: VaultError? { loss.withLock { $0 } }

    /// Looks whether another process has given the vault other keys or put another file in its place, unless somebody uses
    /// the vault just now, who would find that too.
    func lookForLoss() throws(VaultError) {
        try open.withLockIfAvailable { (open) throws(VaultError) in
            guard lost == nil else { return }
            try checkPlace(of: open.connection)
            guard try open.connection.dataVersion() != open.dataVersion else { return }
            try Self.transaction("BEGIN", on: open.connection) { () throws(VaultError) in
                _ = try snapshot(of: open.connection)
            }
        }
    }

    /// The state as of the last transaction of ours.
    var state: VaultState { open.withLock { $0.state } }

    /// Whether there was a transaction of ours.
    var hasWritten: Bool { open.withLock { $0.hasWritten } }

    /// Has `listener` told of every transaction of ours with which entries came while there are settings. It must be quick:
    /// whoever writes next waits for it.
    func onCommit(_ listener: @escaping @Sendable (CommittedEntries) -> Void) {
        self.listener.withLock { $0 = listener }
    }

    /// Lets `body` read the rows as of one moment.
    func read<Result: ~Copyable & Sendable>(
        _ body: (Snapshot) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try open.withLock { (open) throws(VaultError) in
            let connection = open.connection
            return try Self.transaction("BEGIN", on: connection) { () throws(VaultError) in
                let snapshot = try freshSnapshot(&open)
                return try body(snapshot)
            }
        }
    }

    /// Lets `body` change rows, and makes the change durable.
    ///
    /// - Parameter patience: how long other writers are waited for; nil: as long as they should ever need.
    /// - Throws: what `body` throws, or code `inputOutput` or `tryAgain`; nothing has changed then.
    func write<Result: ~Copyable & Sendable>(
        within patience: DispatchTimeInterval? = nil,
        _ body: (inout WriteTransaction) throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        let result = try writeUnlessNil(within: patience) { (transaction) throws(VaultError) -> Result? in
            try body(&transaction)
        }
        guard let result else { throw VaultError(.internalError, "a transaction without a result") }
        return result
    }

    /// The same, but when `body` returns nil what it did is undone.
    func writeUnlessNil<Result: ~Copyable & Sendable>(
        within patience: DispatchTimeInterval? = nil,
        _ body: (inout WriteTransaction) throws(VaultError) -> Result?
    ) throws(VaultError) -> Result? {
        // The kernel queues those who write. SQLite's waiters ask at random, and with many some would never have luck.
        let turn = try locks.take(.writing, within: patience)
        defer { turn.release() }
        return try open.withLock { (open) throws(VaultError) in
            var written: VaultState?
            var keyringAfter: Keyring?
            var committed: CommittedEntries?
            var derived: DerivedInProgress?
            do throws(VaultError) {
                let result = try Self.transaction("BEGIN IMMEDIATE", on: open.connection, unless: { written == nil }) {
                    () throws(VaultError) -> Result? in
                    let snapshot = try freshSnapshot(&open)
                    var transaction = try WriteTransaction(snapshot, derived: open.derived)
                    let result = try body(&transaction)
                    if result != nil {
                        committed = transaction.committed
                        keyringAfter = transaction.keyring
                        derived = transaction.derived
                        written = try transaction.finish()
                    }
                    return result
                }
                if let written {
                    if written.setHash != open.state.setHash { open.generation += 1 }
                    open.state = written
                    open.hasWritten = true
                    if let derived { open.derived = derived }
                    if let keyringAfter { keys.withLock { $0 = keyringAfter } }
                }
                // In the order of the commits, because nobody else commits yet.
                if var committed {
                    committed.generation = open.generation
                    listener.withLock { $0 }?(committed)
                }
                return result
            } catch {
                // A commit may have failed after it took effect: what is in memory is not to be trusted any more.
                open.dataVersion = Self.unknownVersion
                throw error
            }
        }
    }

    /// Reads the state anew, and checks all rows when somebody else has written since we last looked.
    private func freshSnapshot(_ open: inout Open) throws(VaultError) -> Snapshot {
        var snapshot = try snapshot(of: open.connection)
        guard snapshot.state.transactions >= open.state.transactions else {
            throw .damaged("it was rolled back while it was open")
        }
        let version = try open.connection.dataVersion()
        if version != open.dataVersion {
            try snapshot.checkRows(schemaHash: open.schemaHash)
            open.dataVersion = version
            open.generation += 1
            // As many entries as we know of may be others, where the file was written over with that of another machine.
            if snapshot.state.tree != open.state.tree { open.derived = DerivedInProgress() }
            open.state = snapshot.state
        } else if snapshot.state != open.state {
            throw .damaged("its state changed without a transaction")
        }
        snapshot.generation = open.generation
        return snapshot
    }

    private func snapshot(of connection: SQLiteConnection) throws(VaultError) -> Snapshot {
        try checkPlace(of: connection)
        do throws(VaultError) {
            return try Snapshot(store: VaultStore(connection: connection), keyring: keyring)
        } catch {
            if error == .keysChanged { loss.withLock { $0 = error } }
            throw error
        }
    }

    /// Whoever replaces the file holds the lock of those who write, so that what is found here while writing stays true.
    private func checkPlace(of connection: SQLiteConnection) throws(VaultError) {
        guard connection.hasMoved else { return }
        loss.withLock { $0 = .fileReplaced }
        throw .fileReplaced
    }

    /// - Throws: ``VaultError/fileReplaced`` unless the file is still the one that was opened.
    func checkPlace() throws(VaultError) {
        try open.withLock { (open) throws(VaultError) in try checkPlace(of: open.connection) }
    }

    private static func transaction<Result: ~Copyable>(
        _ begin: String, on connection: SQLiteConnection, unless abandoned: () -> Bool = { false },
        _ body: () throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        try connection.run(begin, [])
        do {
            let result = try body()
            try connection.run(abandoned() ? "ROLLBACK" : "COMMIT", [])
            return result
        } catch {
            // Some failures have rolled back already.
            if connection.isInTransaction { connection.rollBack() }
            throw error
        }
    }
}
