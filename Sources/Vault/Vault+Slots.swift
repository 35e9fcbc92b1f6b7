/// Key slots: how the root key is got at. Changing one takes a secret that opens the vault, typed now.
extension Vault {
    /// A vault has so many slots that cost a derivation at the most, or opening it could be made to take minutes.
    static let passphraseSlots = 4

    public func slots() throws(VaultError) -> [KeySlotSummary] {
        let vaultID = records.keyring.vaultID
        return try records.read { (snapshot) throws(VaultError) in
            try Self.keySlots(snapshot.store, vaultID: vaultID).map(\.summary)
        }
    }

    /// Lets another passphrase open the vault too.
    ///
    /// - Throws: code `usage` for a cost out of bounds, or when there are four passphrases already.
    public func addSlot(
        passphrase: borrowing SecretBytes, cost: DerivationCost = .standard
    ) throws(VaultError) -> KeySlotSummary {
        try addSlot(.passphrase, secret: passphrase, cost: cost)
    }

    /// Lets a key file open the vault too.
    ///
    /// - Parameter keyFile: its content, 20 to 4,096 bytes that are random.
    public func addSlot(keyFile: borrowing SecretBytes) throws(VaultError) -> KeySlotSummary {
        guard (20...4096).contains(keyFile.count) else {
            throw VaultError(.usage, "a key file holds 20 to 4,096 random bytes")
        }
        return try addSlot(.keyFile, secret: keyFile, cost: nil)
    }

    /// Makes another recovery code.
    ///
    /// - Returns: the code as text, to be shown once.
    public func addRecoverySlot() throws(VaultError) -> NewRecoverySlot {
        let secret = SecretBytes.random(count: RecoveryCode.secretLength)
        let slot = try addSlot(.recoveryCode, secret: secret, cost: nil)
        return NewRecoverySlot(slot: slot, code: RecoveryCode.text(of: secret))
    }

    private func addSlot(
        _ kind: KeySlotSummary.Kind, secret: borrowing SecretBytes, cost: DerivationCost?
    ) throws(VaultError) -> KeySlotSummary {
        let taken = try slots()
        guard let number = (1...32).first(where: { number in !taken.contains { $0.slot == number } }) else {
            throw VaultError(.usage, "all 32 key slots are taken", hint: "vaultctl slot remove SLOT")
        }
        try Self.checkRoom(for: kind, among: taken)
        let slot = try slot(number, kind, secret: secret, cost: cost)
        let vaultID = records.keyring.vaultID
        try records.write { (transaction) throws(VaultError) in
            // Deriving took a while, and others may have changed the slots.
            let now = try Self.keySlots(transaction.snapshot.store, vaultID: vaultID).map(\.summary)
            try Self.checkRoom(for: kind, among: now)
            guard !now.contains(where: { $0.slot == number }) else {
                throw VaultError(.tryAgain, "another process added a key slot meanwhile", hint: "try again")
            }
            try transaction.insert(slot)
            var event = AuditEvent(environment, .slotAdd, .ok)
            event.detail = "slot \(number)"
            try transaction.append(event)
        }
        return slot.summary
    }

    /// - Throws: code `usage` when one more slot of that kind would make a vault that is refused.
    private static func checkRoom(
        for kind: KeySlotSummary.Kind, among slots: [KeySlotSummary]
    ) throws(VaultError) {
        guard kind != .passphrase || slots.count(where: { $0.kind == .passphrase }) < passphraseSlots else {
            throw VaultError(
                .usage, "there are \(passphraseSlots) passphrases already", hint: "vaultctl slot remove SLOT")
        }
    }

    /// - Throws: code `notFound`; `usage` for the last slot that a person can open the vault with.
    public func removeSlot(_ number: Int) throws(VaultError) {
        let rest = try slots().filter { $0.slot != number }
        guard !rest.isEmpty else {
            throw VaultError(
                .usage, "slot \(number) is the only one: without it nobody can open the vault",
                hint: "vaultctl slot add")
        }
        try records.write { (transaction) throws(VaultError) in
            guard let row = try transaction.snapshot.keySlot(number) else {
                throw VaultError(.notFound, "there is no key slot \(number)", hint: "vaultctl slot list")
            }
            guard transaction.snapshot.state.rows[.keyslot, default: 0] > 1 else {
                throw VaultError(.tryAgain, "another process removed a key slot meanwhile")
            }
            try transaction.delete(row, in: .keyslot)
            var event = AuditEvent(environment, .slotRemove, .ok)
            event.detail = "slot \(number)"
            try transaction.append(event)
        }
    }

    /// Replaces the passphrase this vault was opened with; opened in another way, the first passphrase there is.
    ///
    /// A copy of the file as it was still opens with the old passphrase.
    /// - Parameter cost: nil: as costly as the old one.
    public func changePassphrase(
        to passphrase: borrowing SecretBytes, cost: DerivationCost? = nil
    ) throws(VaultError) {
        let vaultID = records.keyring.vaultID
        let passphrases = try records.read { (snapshot) throws(VaultError) in
            try Self.keySlots(snapshot.store, vaultID: vaultID).filter { $0.summary.kind == .passphrase }
        }
        guard let old = passphrases.first(where: { $0.summary.slot == opening?.slot }) ?? passphrases.first else {
            throw VaultError(.notFound, "the vault has no passphrase", hint: "vaultctl slot add")
        }
        let number = old.summary.slot
        let slot = try slot(number, .passphrase, secret: passphrase, cost: cost ?? old.summary.cost ?? .standard)
        try records.write { (transaction) throws(VaultError) in
            // Deriving took a while; only the slot that was meant may be replaced.
            guard let row = try transaction.snapshot.keySlot(number), row.meta == old.blob else {
                throw VaultError(.tryAgain, "another process changed the key slot meanwhile", hint: "try again")
            }
            try transaction.replace(row, by: slot.row, in: .keyslot)
            var event = AuditEvent(environment, .passwd, .ok)
            event.detail = "slot \(number)"
            try transaction.append(event)
        }
    }

    /// Wraps the root key for a slot of this vault.
    private func slot(
        _ number: Int, _ kind: KeySlotSummary.Kind, secret: borrowing SecretBytes, cost: DerivationCost?
    ) throws(VaultError) -> KeySlot {
        if let objection = cost?.objection {
            throw VaultError(.usage, "the cost of the key derivation is not allowed: \(objection)")
        }
        guard let rootKey = opening?.rootKey else { throw .notOpenedHere }
        return try KeySlot(
            number: number, kind: kind, cost: cost, secret: secret, rootKey: rootKey.bytes,
            vaultID: records.keyring.vaultID, createdAt: environment.now(), gate: Self.derivationGate(file))
    }

    // MARK: Opening with a slot

    /// Reads all slots and checks them before any derivation runs.
    ///
    /// - Parameter passingOver: whether one that is malformed is left out, for who looks for what is wrong.
    static func keySlots(
        _ store: VaultStore, vaultID: [UInt8], passingOver: Bool = false
    ) throws(VaultError) -> [KeySlot] {
        guard vaultID.count == 16 else { throw .damaged("its vault id has the wrong length") }
        var slots: [KeySlot] = []
        for (number, blob) in try store.keySlots() {
            do throws(VaultError) {
                slots.append(try KeySlot(blob, number: number, vaultID: vaultID))
            } catch {
                guard passingOver, error.code == .damaged else { throw error }
            }
        }
        guard slots.count(where: { $0.summary.kind == .passphrase }) <= passphraseSlots else {
            throw .damaged("it has more than \(passphraseSlots) passphrase slots")
        }
        return slots
    }

    /// The root key, and the slot that gave it.
    static func unlock(
        _ slots: [KeySlot], with unlocking: borrowing UnlockSecret, gate: DerivationGate
    ) throws(VaultError) -> UnlockedSlot {
        switch unlocking {
        case .keyFile(let content):
            guard slots.contains(where: { $0.summary.kind == .keyFile }) else {
                throw VaultError(
                    .locked, "the vault has no key-file slot", hint: "vaultctl slot add --new-key-file PATH")
            }
            if let unlocked = try unlock(slots, .keyFile, content, gate) { return unlocked }
            throw VaultError(.locked, "wrong key file, or a damaged key slot")
        case .passphrase(let typed):
            if let code = RecoveryCode.secret(from: typed),
                let unlocked = try unlock(slots, .recoveryCode, code, gate)
            {
                return unlocked
            }
            if let unlocked = try unlock(slots, .passphrase, typed, gate) { return unlocked }
            throw VaultError(.locked, "wrong passphrase, or a damaged key slot")
        }
    }

    private static func unlock(
        _ slots: [KeySlot], _ kind: KeySlotSummary.Kind, _ secret: borrowing SecretBytes, _ gate: DerivationGate
    ) throws(VaultError) -> UnlockedSlot? {
        for slot in slots where slot.summary.kind == kind {
            if let rootKey = try slot.rootKey(with: secret, gate: gate) {
                return UnlockedSlot(summary: slot.summary, rootKey: rootKey)
            }
        }
        return nil
    }

    /// Lets one derivation at a time run for this vault.
    static func derivationGate(_ file: VaultFile) -> DerivationGate {
        { (derive) throws(VaultError) in
            let lock = try LockFile(path: file.lockPath).take(.derivation)
            defer { lock.release() }
            return derive()
        }
    }
}

extension VaultError {
    static let notOpenedHere = VaultError(.internalError, "a key slot is made only where the vault was opened")
}

/// A recovery slot and its code.
public struct NewRecoverySlot: ~Copyable, Sendable {
    public let slot: KeySlotSummary
    /// The code as text.
    public let code: SecretBytes
}

struct UnlockedSlot: ~Copyable {
    let summary: KeySlotSummary
    let rootKey: SecretBytes
}

/// The keys of a vault, and the slot that gave them.
struct UnlockedKeys: ~Copyable {
    let slot: UnlockedSlot
    let keyring: Keyring
}
