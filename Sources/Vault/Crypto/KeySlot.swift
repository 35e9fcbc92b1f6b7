import FoundationEssentials

/// Runs a derivation when it is its turn; a whole machine of them at once would exhaust its memory.
typealias DerivationGate = (_ derive: () -> SecretBytes?) throws(VaultError) -> SecretBytes?

/// One wrapping of the root key under one secret: 176 bytes, authenticated in themselves (FORMAT.md, key slot).
struct KeySlot: Sendable, Equatable {
    static let length = 176

    let summary: KeySlotSummary
    let blob: [UInt8]

    private static let magic = Array("VLTSLOT1".utf8)
    private static let authenticated = 144
    private static let box = 96..<144

    // MARK: Reading

    /// Reads a slot and checks all that can be checked without a secret, the cost of its derivation above all.
    ///
    /// - Parameter number: what the table says its number is.
    /// - Throws: code `damaged`, before anything was derived.
    init(_ blob: [UInt8], number: Int, vaultID: [UInt8]) throws(VaultError) {
        func damaged(_ what: String) -> VaultError { .damaged("key slot \(number): \(what)") }
        guard (1...32).contains(number) else { throw damaged("its number is out of range") }
        guard blob.count == Self.length, blob[0..<8].elementsEqual(Self.magic) else { throw damaged("not a key slot") }
        guard blob[8..<24].elementsEqual(vaultID) else { throw damaged("it belongs to another vault") }
        guard UInt32(littleEndianBytes: blob[24..<28]) == UInt32(number) else { throw damaged("it has another number") }
        guard let kind = KeySlotSummary.Kind(rawValue: blob[28]), kind != .external else {
            throw damaged("its kind is unknown")
        }
        guard blob[29] == (kind == .passphrase ? 1 : 2), blob[30] == 0, blob[31] == 0 else {
            throw damaged("its derivation does not fit its kind")
        }
        let cost = DerivationCost(
            passes: UInt64(littleEndianBytes: blob[32..<40]), memory: UInt64(littleEndianBytes: blob[40..<48]))
        if kind == .passphrase {
            if let objection = cost.objection { throw damaged(objection) }
        } else if cost != DerivationCost(passes: 0, memory: 0) {
            throw damaged("its derivation has no cost to set")
        }
        let created = UInt64(littleEndianBytes: blob[64..<72])
        guard created < 1 << 40 else { throw damaged("its time of creation is out of range") }
        summary = KeySlotSummary(
            slot: number, kind: kind, createdAt: Date(timeIntervalSince1970: Double(created)),
            cost: kind == .passphrase ? cost : nil)
        self.blob = blob
    }

    /// The root key, or nil when `secret` is not the one of this slot, or the slot was changed.
    ///
    /// - Parameter gate: lets one costly derivation run at a time.
    /// - Throws: code `inputOutput` when the machine has not the memory.
    func rootKey(
        with secret: borrowing SecretBytes, gate: DerivationGate
    ) throws(VaultError) -> SecretBytes? {
        let key = try Self.wrappingKey(summary.cost, secret: secret, salt: Array(blob[48..<64]), gate: gate)
        let tag = Self.tag(over: blob[..<Self.authenticated], key: key)
        guard constantTimeEqual(tag, Array(blob[Self.authenticated...])) else { return nil }
        var opened = false
        let rootKey = SecretBytes(count: 32) { target in
            opened = blob.withRawSpan { blob in
                key.withBytes { key in
                    SecretBox.open(
                        blob.extracting(Self.box), nonce: blob.extracting(72..<96), key: key.extracting(0..<32),
                        into: &target)
                }
            }
        }
        guard opened else { return nil }
        return rootKey
    }

    // MARK: Making

    /// Wraps `rootKey` under `secret`.
    ///
    /// - Parameters:
    ///   - cost: Argon2id's, for a passphrase; nil for the kinds whose secret is random.
    ///   - salt: 16 bytes; random unless a known answer is made.
    ///   - nonce: 24 bytes; the same.
    init(
        number: Int, kind: KeySlotSummary.Kind, cost: DerivationCost?, secret: borrowing SecretBytes,
        rootKey: borrowing SecretBytes, vaultID: [UInt8], createdAt: Date,
        salt: [UInt8] = Sodium.randomBytes(16), nonce: [UInt8] = Sodium.randomBytes(24),
        gate: DerivationGate
    ) throws(VaultError) {
        precondition((kind == .passphrase) == (cost != nil) && salt.count == 16 && nonce.count == 24)
        let key = try Self.wrappingKey(cost, secret: secret, salt: salt, gate: gate)
        let created = UInt64(max(0, createdAt.timeIntervalSince1970))
        var blob = Self.magic + vaultID + UInt32(number).littleEndianBytes
        blob += [kind.rawValue, kind == .passphrase ? 1 : 2, 0, 0]
        blob += (cost?.passes ?? 0).littleEndianBytes + (cost?.memory ?? 0).littleEndianBytes
        blob += salt + created.littleEndianBytes + nonce
        blob += rootKey.withBytes { root in
            key.withBytes { SecretBox.seal(root, nonce: nonce, key: $0.extracting(0..<32)) }
        }
        blob += Self.tag(over: blob[...], key: key)
        summary = KeySlotSummary(
            slot: number, kind: kind, createdAt: Date(timeIntervalSince1970: Double(created)), cost: cost)
        self.blob = blob
    }

    /// `Kenc | Kmac`.
    private static func wrappingKey(
        _ cost: DerivationCost?, secret: borrowing SecretBytes, salt: [UInt8],
        gate: DerivationGate
    ) throws(VaultError) -> SecretBytes {
        guard let cost else {
            var hash = salt.withRawSpan { Blake2b(key: $0, length: 64) }
            hash.update("vault.slot.v1")
            secret.withBytes { hash.update($0) }
            return hash.finishSecret()
        }
        guard cost.memory <= Machine.physicalMemory / 2 else {
            throw VaultError(
                .inputOutput, "deriving the key takes more than half of this machine's memory",
                hint: "open the vault with a key file or a recovery code, or on a larger machine")
        }
        guard let key = try gate({ argon2id(passphrase: secret, salt: salt, cost: cost) }) else {
            throw VaultError(
                .inputOutput, "not enough memory to derive the key: \(cost.memory >> 20) MiB are needed",
                hint: "free some memory and try again")
        }
        return key
    }

    private static func tag(over bytes: ArraySlice<UInt8>, key: borrowing SecretBytes) -> [UInt8] {
        key.withBytes { key in
            var hash = Blake2b(key: key.extracting(32..<64))
            hash.update(Array(bytes))
            return hash.finish()
        }
    }
}

extension DerivationCost {
    /// The most memory that is ever taken, in bytes.
    static let memoryCeiling: UInt64 = 1 << 30
    /// The most passes × MiB.
    static let workCeiling: UInt64 = 4096

    /// Why this cost is not accepted, or nil: under the floor an edited slot would be cheap to guess at, over the
    /// ceiling it would exhaust the machine.
    var objection: String? {
        if passes < Self.floor.passes { return "fewer than \(Self.floor.passes) passes" }
        if memory < Self.floor.memory { return "less than \(Self.floor.memory >> 20) MiB of memory" }
        if memory > Self.memoryCeiling { return "more than \(Self.memoryCeiling >> 20) MiB of memory" }
        if memory % 1024 != 0 { return "memory is not a multiple of 1,024 bytes" }
        if passes > Self.workCeiling || passes * (memory >> 20) > Self.workCeiling { return "too much work" }
        return nil
    }
}
