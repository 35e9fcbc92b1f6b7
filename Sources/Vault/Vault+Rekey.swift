extension Vault {
    /// New keys for this vault, which is as it was until ``NewKeys/apply(withRecoveryCode:progress:)``.
    ///
    /// - Throws: code `usage` when the vault has had as many as a keyring holds.
    public func newKeys() throws(VaultError) -> NewKeys { try NewKeys(of: self) }

    /// A slot holds the old root key, so that it can be kept only by who gives its secret.
    public struct NewKeys: ~Copyable {
        private let vault: Vault
        private let rootKey: SecretBytes
        private let keyring: Keyring
        private let before: [KeySlot]
        private var slots: [KeySlot] = []

        fileprivate init(of vault: Vault) throws(VaultError) {
            guard vault.opening != nil else { throw .notOpenedHere }
            let rootKey = SecretBytes.random(count: 32)
            guard let keyring = vault.records.keyring.renewed(rootKey: rootKey) else {
                throw VaultError(
                    .usage, "the vault has had all the keys that it has room for", hint: "make a new vault")
            }
            let vaultID = keyring.vaultID
            before = try vault.records.read { (snapshot) throws(VaultError) in
                try Vault.keySlots(snapshot.store, vaultID: vaultID)
            }
            self.vault = vault
            self.rootKey = rootKey
            self.keyring = keyring
        }

        /// Lets the slot that `secret` opens today open the vault with the new keys, too, at the same cost.
        ///
        /// - Throws: code `locked` when it opens none, `usage` for a recovery code: there will be a new one.
        public mutating func keep(_ secret: borrowing UnlockSecret) throws(VaultError) {
            let gate = Vault.derivationGate(vault.file)
            let old = try Vault.unlock(before, with: secret, gate: gate).summary
            guard old.kind != .recoveryCode else {
                throw VaultError(
                    .usage, "a recovery code is not kept: a vault gets a new one with its new keys",
                    hint: "set a passphrase with 'vaultctl passwd' first, and give that one")
            }
            guard !slots.contains(where: { $0.summary.slot == old.slot }) else { return }
            switch secret {
            case .passphrase(let bytes): slots.append(try slot(old.slot, old.kind, bytes, cost: old.cost))
            case .keyFile(let bytes): slots.append(try slot(old.slot, old.kind, bytes, cost: nil))
            }
        }

        private func slot(
            _ number: Int, _ kind: KeySlotSummary.Kind, _ secret: borrowing SecretBytes, cost: DerivationCost?
        ) throws(VaultError) -> KeySlot {
            try KeySlot(
                number: number, kind: kind, cost: cost, secret: secret, rootKey: rootKey, vaultID: keyring.vaultID,
                createdAt: vault.environment.now(), gate: Vault.derivationGate(vault.file))
        }

        /// The slots that are not kept, recovery codes among them.
        public var dropped: [KeySlotSummary] {
            before.map(\.summary).filter { old in !slots.contains { $0.summary.slot == old.slot } }
        }

        /// Makes the new keys those of the vault, in one transaction. Whoever else has it open can do nothing with it
        /// from then on, and must unlock it anew. A copy of the file as it was still opens with all the old slots.
        ///
        /// - Throws: code `usage` when no slot is kept, `tryAgain` when slots were changed meanwhile.
        public consuming func apply(
            withRecoveryCode: Bool, progress: (_ done: Int, _ of: Int) -> Void
        ) throws(VaultError) -> Rekeyed {
            guard let kept = slots.first?.summary else {
                throw VaultError(.usage, "with no slot kept nobody could open the vault", hint: "vaultctl rekey --help")
            }
            let dropped = dropped
            var event = AuditEvent(vault.environment, .rekey, .ok)
            event.detail = "slots kept: \(Self.list(slots.map(\.summary))); dropped: \(Self.list(dropped))"
            let code = withRecoveryCode ? try addRecoverySlot() : nil
            try vault.records.write { (transaction) throws(VaultError) in
                // Deriving and asking took a while; only the slots that were seen may be dropped.
                guard try Vault.keySlots(transaction.snapshot.store, vaultID: keyring.vaultID) == before else {
                    throw VaultError(.tryAgain, "another process changed the key slots meanwhile", hint: "try again")
                }
                // Whoever waits for a secret could not store it any more, nor open it if it lies outside.
                for stored in try transaction.snapshot.rotations()
                where stored.rotation.isMadeHere && stored.rotation.state == .planned {
                    throw .hasUnfinishedRotation(stored.rotation)
                }
                try transaction.rekey(to: keyring, rootKey: rootKey, slots: slots, progress: progress)
                try transaction.append(event)
            }
            vault.warmTokens.clear()
            vault.opening = Opening(rootKey: SharedSecret(rootKey.copy()), slot: kept.slot)
            return Rekeyed(
                epoch: Int(keyring.epoch), slots: slots.map(\.summary).sorted { $0.slot < $1.slot }, dropped: dropped,
                recoveryCode: code)
        }

        /// - Returns: the code as text.
        private mutating func addRecoverySlot() throws(VaultError) -> SecretBytes {
            guard let number = (1...32).first(where: { number in !slots.contains { $0.summary.slot == number } }) else {
                throw VaultError(.usage, "all 32 key slots are kept", hint: "keep fewer, or give --no-recovery")
            }
            let secret = SecretBytes.random(count: RecoveryCode.secretLength)
            slots.append(try slot(number, .recoveryCode, secret, cost: nil))
            return RecoveryCode.text(of: secret)
        }

        private static func list(_ slots: [KeySlotSummary]) -> String {
            slots.isEmpty ? "none" : slots.map(\.slot).sorted().map(\.description).joined(separator: ", ")
        }
    }

    /// What came of ``NewKeys/apply(withRecoveryCode:progress:)``.
    public struct Rekeyed: ~Copyable, Sendable {
        /// How many keys the vault has had.
        public let epoch: Int
        /// All that open it now.
        public let slots: [KeySlotSummary]
        public let dropped: [KeySlotSummary]
        /// The recovery code as text, to be shown once; nil where none was wanted.
        public let recoveryCode: SecretBytes?
    }
}
