internal import FoundationEssentials
private import Glibc

extension Vault {
    /// Checks that something can be taken from a file, before anybody types a passphrase for it.
    ///
    /// - Parameter path: absolute.
    /// - Throws: codes `notFound`, `damaged` for what is no vault, `notUnderstood` for one of a newer format.
    public static func checkSource(at path: String) throws(VaultError) {
        _ = try VaultFile(path).openSource()
    }
}

/// A backup that was verified and waits to take its place.
///
/// ```swift
/// let restoration = try await Restoration(of: backup, at: path, with: secret, environment: environment) { _, _ in }
/// if confirmed(restoration.loss) { restored = try restoration.putInPlace() }
/// ```
/// What is verified is a copy beside the vault, which nobody else can touch; that copy takes its place.
public struct Restoration: ~Copyable {
    /// What would be lost; nil where there is no vault.
    public let loss: RestoreLoss?
    /// Why this machine is going to refuse the vault as it will be; nil where it is not.
    public let refusal: VaultError?
    private let source: VaultFile
    private let file: VaultFile
    private let environment: VaultEnvironment
    private let lock: HeldLock
    private let copy: DatabaseCopy
    private let verified: VerifiedFile

    /// - Parameters:
    ///   - source: of the backup, absolute.
    ///   - path: of the vault, absolute; its directory is made with mode 0700 when missing.
    ///   - secret: opens the backup.
    /// - Throws: codes `notFound`, `damaged`, `notUnderstood`, `locked` for a wrong secret, `inputOutput`, and `usage` when the
    ///   backup is the vault itself.
    public init(
        of source: String, at path: String, with secret: borrowing UnlockSecret, environment: VaultEnvironment,
        progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) {
        let source = try VaultFile(source)
        let opened = try source.openSource()
        try PrivateDirectory.make(PrivateDirectory.parent(of: path))
        let file = try VaultFile(path)
        try file.checkDirectory()
        guard try !source.isSame(as: file) else {
            throw VaultError(.usage, "\(source.path) is the vault itself", hint: "name the backup")
        }
        if let status = try FileStatus(of: file.path), !status.isRegularFile {
            throw VaultError(.exists, "there is something else than a file at \(file.path)", hint: "move it away")
        }
        let locks = LockFile(path: file.lockPath)
        let lock = try locks.take(.copying)
        let keyring = try Vault.keys(opened, with: secret, gate: Vault.derivationGate(file)).keyring
        let copy = try DatabaseCopy(of: opened, at: file.path + ".restore")
        let (verified, loss, refusal): (VerifiedFile, RestoreLoss?, VaultError?)
        do throws(VaultError) {
            verified = try await VerifiedFile(
                connection: SQLiteConnection(path: copy.path, access: .readWrite), path: copy.path, keyring: keyring,
                locks: locks, progress: progress)
            loss = try Self.loss(at: file, verified, locks, environment)
            refusal = try Self.refusal(of: verified, environment)
        } catch {
            copy.discard()
            throw error
        }
        self.loss = loss
        self.refusal = refusal
        self.lock = lock
        self.copy = copy
        self.verified = verified
        self.source = source
        self.file = file
        self.environment = environment
    }

    deinit {
        copy.discard()
        lock.release()
    }

    /// 16 bytes.
    public var vaultID: [UInt8] { verified.records.keyring.vaultID }
    public var profiles: Int { verified.verification.profiles }
    public var auditEntries: Int { Int(clamping: verified.verification.auditEntries) }

    // MARK: Putting it there

    /// What was done.
    public struct Restored: Sendable, Equatable {
        /// Absolute.
        public var path: String
        /// Where the vault that was there lies now; nil where there was none.
        public var kept: String?
        /// Why this machine refuses it until ``Vault/acceptAnchor(reason:)``; nil where it does not.
        public var refusal: VaultError?
        /// Entries, that of this act among them, and their root.
        public var auditEntries: UInt64
        public var auditRoot: [UInt8]
    }

    /// Puts the backup where the vault is to be, in one step, and keeps the one that was there beside it. Whoever has that
    /// one open can do nothing with it from then on.
    ///
    /// The anchor is written where it agrees with what the backup holds, or where there is none.
    /// - Throws: codes `tryAgain` when the vault was changed since ``loss`` was looked at, `exists` when there is one now
    ///   and there was none, `inputOutput`. The vault is as it was then.
    public consuming func putInPlace() throws(VaultError) -> Restored {
        let locks = LockFile(path: file.lockPath)
        let kept = loss == nil ? nil : try unusedName()
        let state = try record(kept)
        try copy.sync()
        // Nobody writes to the vault from here on.
        let writing = try locks.take(.writing)
        defer { writing.release() }
        if kept != nil { try checkLoss(locks) }
        let refusal = try Self.refusal(of: verified, environment)
        if let kept {
            try replace(keeping: kept)
        } else {
            try copy.put(at: file.path, replacing: false)
        }
        if refusal == nil {
            let keyring = verified.records.keyring
            try AnchorFile(directory: environment.stateDirectory, vaultID: keyring.vaultID)
                .write(Anchor(vaultID: keyring.vaultID, state), key: keyring.anchorKey)
        }
        return Restored(
            path: file.path, kept: kept, refusal: refusal, auditEntries: state.tree.size,
            auditRoot: state.tree.root)
    }

    /// Puts the act onto the record of what is restored: such a vault says so itself.
    private borrowing func record(_ kept: String?) throws(VaultError) -> VaultState {
        let records = verified.records
        let size = records.state.tree.size
        var event = AuditEvent(environment, .restore, .ok)
        event.detail =
            "from \(source.path), entries: \(size), root: \(records.state.tree.root.hexadecimal)"
            + (kept.map { "; what was here is kept at \($0)" } ?? "")
        let restored = event
        try records.write { (transaction) throws(VaultError) in
            let version = try Schema.check(transaction.snapshot.store.connection).version
            if version < Schema.version {
                // As it was it lies where it came from.
                try transaction.migrateSchema(from: version)
                var event = AuditEvent(environment, .migrate, .ok)
                event.detail = "from format \(version) to \(Schema.version)"
                try transaction.append(event)
            }
            _ = try transaction.append(restored)
        }
        return records.state
    }

    /// Entries come all the time; what nobody was told of must not be lost.
    private borrowing func checkLoss(_ locks: LockFile) throws(VaultError) {
        let now = try Self.loss(at: file, verified, locks, environment)
        guard let now, let loss, now.isSame(as: loss) else {
            throw VaultError(.tryAgain, "the vault was changed meanwhile; nothing was restored", hint: "try again")
        }
    }

    /// Exchanges the files, while nobody reads or writes.
    private borrowing func replace(keeping kept: String) throws(VaultError) {
        let present = try silenced()
        defer { present?.rollBack() }
        guard unsafe link(file.path, kept) == 0 else { throw .system(errno, "cannot make", path: kept) }
        do throws(VaultError) {
            guard unsafe chmod(kept, 0o600) == 0 else { throw .system(errno, "cannot change the mode of", path: kept) }
            try setAside(journal, as: kept + "-journal")
            try PrivateDirectory.sync(file.directory)
            try copy.put(at: file.path, replacing: true)
        } catch {
            // It is still where it was, unless only the last step of making that durable failed.
            if try VaultFile(kept).isSame(as: file) {
                _ = unsafe unlink(kept)
                try setAside(kept + "-journal", as: journal)
            }
            throw error
        }
    }

    /// Keeps everybody from reading and writing the vault that is there, a program other than this one among them; what a
    /// killed one left half done is undone by this.
    ///
    /// - Returns: nil for a file that SQLite cannot read.
    private borrowing func silenced() throws(VaultError) -> SQLiteConnection? {
        do throws(VaultError) {
            let connection = try SQLiteConnection(path: file.path, access: .readWrite)
            try connection.execute("BEGIN EXCLUSIVE")
            return connection
        } catch {
            guard error.code == .damaged || error.code == .inputOutput else { throw error }
            return nil
        }
    }

    private var journal: String { file.path + "-journal" }

    /// What a killed process left of a transaction belongs to the file that goes, and must not be undone in the new one.
    private borrowing func setAside(_ journal: String, as name: String) throws(VaultError) {
        guard try FileStatus(of: journal) != nil else { return }
        guard unsafe rename(journal, name) == 0 else { throw .system(errno, "cannot set aside", path: journal) }
    }

    /// `<vault>.before-restore-<time>`, and a number behind it where that is taken.
    private borrowing func unusedName() throws(VaultError) -> String {
        let time = CivilTime(environment.now()).compact
        let name = "\(file.path).before-restore-\(time)"
        for candidate in [name] + (2...99).map({ "\(name)-\($0)" }) where try FileStatus(of: candidate) == nil {
            return candidate
        }
        throw VaultError(.exists, "there are too many vaults at \(name)", hint: "remove what you do not need of them")
    }
}

extension CivilTime {
    /// Such as `20261123T081500Z`.
    fileprivate var compact: String {
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return digits(year, 4) + digits(month, 2) + digits(day, 2)
            + "T" + digits(hour, 2) + digits(minute, 2) + digits(second, 2) + "Z"
    }
}
