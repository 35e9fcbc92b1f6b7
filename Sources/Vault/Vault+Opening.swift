/// The secret that opens a vault.
public enum UnlockSecret: ~Copyable, Sendable {
    /// A passphrase, or a recovery code, which is known by its form.
    case passphrase(SecretBytes)
    /// The content of a key file.
    case keyFile(SecretBytes)

    package borrowing func copy() -> UnlockSecret {
        switch self {
        case .passphrase(let secret): .passphrase(secret.copy())
        case .keyFile(let secret): .keyFile(secret.copy())
        }
    }
}

/// What a new vault's maker is told once.
public struct NewVault: ~Copyable, Sendable {
    /// 16 bytes.
    public let id: [UInt8]
    /// The recovery code as text; nil where none was wanted.
    public let recoveryCode: SecretBytes?
    /// `k_0`, 32 bytes: who keeps it elsewhere can tell later whether entries were rewritten.
    public let auditKey: SecretBytes
    /// The public key of checkpoints, as a C2SP verifier key.
    public let checkpointKey: String
}

/// Whether a vault must go on from where its anchor saw it.
public enum AnchorAcceptance: Sendable {
    case mustAgree
    /// For ``Vault/acceptAnchor(reason:)``, and ``Vault/merge(_:preferring:isTrial:)``, which looks at it itself.
    case anything
}

extension Vault {
    /// Makes a vault with one passphrase slot.
    ///
    /// - Parameters:
    ///   - path: absolute; its directory is made with mode 0700 when missing.
    ///   - cost: what one guess at the passphrase costs.
    /// - Throws: codes `exists`, `locked` for a directory that others may reach, `usage` for a cost out of bounds.
    public static func create(
        at path: String, passphrase: borrowing SecretBytes, cost: DerivationCost = .standard,
        withRecoveryCode: Bool = true, environment: VaultEnvironment
    ) throws(VaultError) -> NewVault {
        if let objection = cost.objection {
            throw VaultError(.usage, "the cost of the key derivation is not allowed: \(objection)")
        }
        let vaultID = Sodium.randomBytes(16)
        let rootKey = SecretBytes.random(count: 32)
        let keyring = Keyring.generate(vaultID: vaultID, rootKey: rootKey)
        let auditKey = SecretBytes.random(count: 32)
        let recovery = SecretBytes.random(count: RecoveryCode.secretLength)
        try VaultFile.create(at: path) { (file, temporaryPath) throws(VaultError) in
            let gate = derivationGate(file)
            var slots = [
                try KeySlot(
                    number: 1, kind: .passphrase, cost: cost, secret: passphrase, rootKey: rootKey, vaultID: vaultID,
                    createdAt: environment.now(), gate: gate)
            ]
            if withRecoveryCode {
                slots.append(
                    try KeySlot(
                        number: 2, kind: .recoveryCode, cost: nil, secret: recovery, rootKey: rootKey,
                        vaultID: vaultID, createdAt: environment.now(), gate: gate))
            }
            let state = try populate(
                temporaryPath, keyring: keyring, slots: slots, auditKey: auditKey, environment: environment)
            // Before the vault has its name: an anchor without a vault harms nobody, and a failure here leaves no vault.
            try AnchorFile(directory: environment.stateDirectory, vaultID: vaultID)
                .write(Anchor(vaultID: vaultID, state), key: keyring.anchorKey)
        }
        return NewVault(
            id: vaultID, recoveryCode: withRecoveryCode ? RecoveryCode.text(of: recovery) : nil, auditKey: auditKey,
            checkpointKey: keyring.checkpointVerifierKey)
    }

    /// Writes schema, keys and first entry of a new vault, in one transaction.
    private static func populate(
        _ path: String, keyring: Keyring, slots: [KeySlot], auditKey: borrowing SecretBytes,
        environment: VaultEnvironment
    ) throws(VaultError) -> VaultState {
        let connection = try SQLiteConnection(path: path, access: .readWrite)
        let store = VaultStore(connection: connection)
        try Schema.prepare(connection)
        try connection.execute("BEGIN IMMEDIATE")
        try Schema.create(in: connection)
        try store.insert(vaultID: keyring.vaultID)
        let state = VaultState(schemaHash: sha256(try Schema.check(connection).schema))
        try store.insert(
            WriteTransaction.stateRow(state, sealKey: AuditSealKey(auditKey.copy()), keyring: keyring), in: .state)
        var transaction = try WriteTransaction(
            Snapshot(store: store, keyring: keyring), derived: DerivedInProgress())
        try transaction.insertKeyring(try keyring.row(version: 1))
        for slot in slots { try transaction.insert(slot) }
        try transaction.append(AuditEvent(environment, .initialize, .ok))
        let written = try transaction.finish()
        try connection.execute("COMMIT")
        return written
    }

    /// Opens and unlocks a vault, and checks that it is as it was written.
    ///
    /// - Throws: code `notFound`, `locked` for a wrong secret or a file that others may touch, `damaged`, `notUnderstood`.
    public static func open(
        at path: String, with unlocking: borrowing UnlockSecret, environment: VaultEnvironment,
        accepting: AnchorAcceptance = .mustAgree
    ) throws(VaultError) -> Vault {
        for _ in 1..<attempts {
            do throws(VaultError) {
                return try openOnce(at: path, with: unlocking, environment: environment, accepting: accepting)
            } catch {
                // Somebody gave it new keys while the old ones were derived.
                guard error == .keysChanged else { throw error }
            }
        }
        return try openOnce(at: path, with: unlocking, environment: environment, accepting: accepting)
    }

    /// Nobody changes keys more often than that while a key is derived.
    private static let attempts = 3

    private static func openOnce(
        at path: String, with unlocking: borrowing UnlockSecret, environment: VaultEnvironment,
        accepting: AnchorAcceptance
    ) throws(VaultError) -> Vault {
        let file = try VaultFile(path)
        try file.checkExisting()
        let connection = try SQLiteConnection(path: file.path, access: .readWrite)
        var schema = try Schema.check(connection)
        let locks = LockFile(path: file.lockPath)
        // One of those who open an older vault brings it to this format; by then the others must look again.
        let migrating = schema.version < Schema.version ? try locks.take(.creation) : nil
        defer { migrating?.release() }
        if migrating != nil { schema = try Schema.check(connection) }
        let unlocked = try keys(connection, with: unlocking, gate: derivationGate(file))
        let anchorFile = AnchorFile(directory: environment.stateDirectory, vaultID: unlocked.keyring.vaultID)
        // Read before the state: another process may go on at any time, and must not seem to have rolled back.
        let anchor = try anchorFile.read()
        var records = try Records(
            connection: connection, keyring: unlocked.keyring, schemaHash: sha256(schema.schema), locks: locks)
        var notices = try check(anchor, records, accepting)
        if schema.version < Schema.version {
            notices.append(try migrate(file, records, from: schema.version, environment))
            records = try Records(
                connection: connection, keyring: unlocked.keyring,
                schemaHash: sha256(try Schema.check(connection).schema), locks: locks)
        }
        notices += try unfinishedRotations(records, locks, at: environment.now())
        return Vault(
            file: file, records: records, environment: environment, anchorFile: anchorFile,
            rootKey: unlocked.slot.rootKey.copy(), openedSlot: unlocked.slot.summary.slot, notices: notices)
    }

    /// Gets at the keys of a vault with a secret of one of its slots.
    ///
    /// - Parameter passingOver: see ``keySlots(_:vaultID:passingOver:)``.
    static func keys(
        _ connection: SQLiteConnection, with unlocking: borrowing UnlockSecret, gate: DerivationGate,
        passingOver: Bool = false
    ) throws(VaultError) -> UnlockedKeys {
        let store = VaultStore(connection: connection)
        // As of one moment: a derivation takes a while, and slots and keyring may be replaced meanwhile, both together.
        let (vaultID, slots, row) = try connection.reading { () throws(VaultError) in
            let vaultID = try store.vaultID()
            return (
                vaultID, try keySlots(store, vaultID: vaultID, passingOver: passingOver),
                try store.singleRow(in: .keyring)
            )
        }
        let slot = try unlock(slots, with: unlocking, gate: gate)
        let keyring = try Keyring.open(row, vaultID: vaultID, rootKey: slot.rootKey)
        return UnlockedKeys(slot: slot, keyring: keyring)
    }

    /// Brings a vault to this program's format, in one transaction, and keeps a copy of it as it was.
    ///
    /// - Returns: what to tell of it.
    private static func migrate(
        _ file: VaultFile, _ records: Records, from version: Int64, _ environment: VaultEnvironment
    ) throws(VaultError) -> String {
        let copy = file.pathOfCopy(inFormat: version)
        try records.write { (transaction) throws(VaultError) in
            // Nobody can write while this transaction is open, so what is copied is what is changed.
            try file.copy(to: copy)
            try transaction.migrateSchema(from: version)
            var event = AuditEvent(environment, .migrate, .ok)
            event.detail = "from format \(version) to \(Schema.version)"
            try transaction.append(event)
        }
        return "the vault was brought from format \(version) to \(Schema.version); as it was it lies at \(copy)"
    }

    /// - Returns: what to tell when there is no anchor.
    private static func check(
        _ bytes: [UInt8]?, _ records: Records, _ accepting: AnchorAcceptance
    ) throws(VaultError) -> [String] {
        guard let bytes else {
            return ["this machine sees the vault for the first time: its history until now is taken on trust"]
        }
        guard accepting == .mustAgree else { return [] }
        let anchor = try Anchor(read: bytes, records.keyring)
        try records.read { (snapshot) throws(VaultError) in try anchor.check(snapshot) }
        return []
    }

    /// `path` without symbolic links, as far as its directory exists: what one vault is known by, however it is named.
    ///
    /// - Parameter path: absolute.
    /// - Throws: code `inputOutput` when the directory cannot be looked at.
    public static func canonicalPath(of path: String) throws(VaultError) -> String {
        try VaultFile(path).path
    }

    /// What the file tells without being unlocked.
    ///
    /// - Throws: codes `notFound`, `locked`, `damaged`, `notUnderstood`.
    public static func inspect(at path: String) throws(VaultError) -> VaultStatus {
        let file = try VaultFile(path)
        try file.checkExisting()
        let connection = try SQLiteConnection(path: file.path, access: .readWrite)
        let schema = try Schema.check(connection)
        let store = VaultStore(connection: connection)
        let vaultID = try store.vaultID()
        return VaultStatus(
            path: file.path, id: vaultID, format: Int(schema.version),
            fileSize: try FileStatus(of: file.path)?.size ?? 0,
            slots: try keySlots(store, vaultID: vaultID).map(\.summary),
            profiles: Int(try store.count(of: .profile)), tokens: Int(try store.count(of: .token)),
            auditEntries: Int(try store.auditBounds().map { $0.last + 1 } ?? 0))
    }
}

/// What a vault's file tells without being unlocked.
public struct VaultStatus: Sendable, Equatable {
    public var path: String
    /// 16 bytes.
    public var id: [UInt8]
    /// `user_version`.
    public var format: Int
    /// Bytes.
    public var fileSize: Int64
    public var slots: [KeySlotSummary]
    public var profiles: Int
    public var tokens: Int
    public var auditEntries: Int
}
