/// The keys of an unlocked vault: data keys by epoch and what is derived from them.
///
/// A class, because one set of keys serves all that is open at a time; its secrets are in locked memory and never leave it.
final class Keyring: Sendable {
    let vaultID: [UInt8]
    /// Ascending; the last one seals what is written now.
    let epochs: [UInt32]
    let anchorKey: SecretBytes
    private let tokenHashKey: SecretBytes
    private let signingSeed: SecretBytes
    private let dataKeys: SecretBytes
    /// Seals the keyring itself; derived from the root key.
    private let keyringKey: SecretBytes
    /// All subkeys, 32 bytes each, by epoch and then by number.
    private let subkeys: SecretBytes

    /// - Parameter material: the keyring's secret column: data keys, signing seed, anchor key, token-hash key.
    /// - Returns: nil when lengths do not fit or epochs do not ascend from 1.
    init?(vaultID: [UInt8], epochs: [UInt32], material: borrowing SecretBytes, rootKey: borrowing SecretBytes) {
        guard vaultID.count == 16, let first = epochs.first, first >= 1, epochs.count <= 1024,
            zip(epochs, epochs.dropFirst()).allSatisfy({ $0 < $1 }),
            material.count == 32 * (epochs.count + 3)
        else { return nil }
        self.vaultID = vaultID
        self.epochs = epochs
        let ends = 32 * epochs.count
        dataKeys = material.slice(0..<ends)
        signingSeed = material.slice(ends..<ends + 32)
        anchorKey = material.slice(ends + 32..<ends + 64)
        tokenHashKey = material.slice(ends + 64..<ends + 96)
        keyringKey = Self.keyringKey(of: rootKey)
        subkeys = SecretBytes(count: epochs.count * Subkey.allCases.count * 32) { target in
            for index in epochs.indices {
                let dataKey = material.slice(32 * index..<32 * (index + 1))
                for subkey in Subkey.allCases {
                    let key = deriveSubkey(subkey.rawValue, context: "vltdata1", of: dataKey)
                    key.withBytes { target.write($0, at: Self.offset(index, subkey)) }
                }
            }
        }
    }

    /// Random keys for a new vault.
    static func generate(vaultID: [UInt8], rootKey: borrowing SecretBytes) -> Keyring {
        let material = SecretBytes.random(count: 32 * 4)
        guard let keyring = Keyring(vaultID: vaultID, epochs: [1], material: material, rootKey: rootKey) else {
            preconditionFailure("one epoch and four keys are a keyring")
        }
        return keyring
    }

    /// The same keys and one more data key, which seals what is written from now on, to be guarded by another root key.
    ///
    /// - Returns: nil when there are as many epochs as a keyring may have.
    func renewed(rootKey: borrowing SecretBytes) -> Keyring? {
        let material = dataKeys.appending(.random(count: 32))
            .appending(signingSeed).appending(anchorKey).appending(tokenHashKey)
        return Keyring(vaultID: vaultID, epochs: epochs + [epoch + 1], material: material, rootKey: rootKey)
    }

    /// The newest epoch.
    var epoch: UInt32 { epochs[epochs.count - 1] }

    /// What the keyring's secret column holds.
    var material: SecretBytes {
        dataKeys.appending(signingSeed).appending(anchorKey).appending(tokenHashKey)
    }

    static func keyringKey(of rootKey: borrowing SecretBytes) -> SecretBytes {
        deriveSubkey(1, context: "vltroot1", of: rootKey)
    }

    // MARK: Sealing

    /// Seals `plaintext` for one place, under the newest epoch.
    ///
    /// - Throws: code `usage` for more than a column may hold: what could not be read again is not written.
    func seal(_ plaintext: RawSpan, at place: SealedPlace, version: UInt64) throws(VaultError) -> [UInt8] {
        let header = SealedHeader(epoch: place.table == .keyring ? 0 : epoch, version: version)
        let column = withTableKey(place.table, header.epoch) {
            ColumnCipher.seal(plaintext, header, place, vaultID: vaultID, tableKey: $0)
        }
        guard column.count <= VaultTable.longestColumn else {
            throw VaultError(.usage, "too long to be stored: a row of \(place.table) holds at most 64 KiB")
        }
        return column
    }

    /// The same for a secret.
    func seal(_ secret: borrowing SecretBytes, at place: SealedPlace, version: UInt64) throws(VaultError) -> [UInt8] {
        try secret.withBytes { (bytes) throws(VaultError) in try seal(bytes, at: place, version: version) }
    }

    /// Opens a secret column.
    ///
    /// - Returns: nil when it was not sealed for this place with these keys.
    func openSecret(_ column: [UInt8], at place: SealedPlace) -> OpenedSecret? {
        guard let header = header(of: column, at: place) else { return nil }
        return withTableKey(place.table, header.epoch) {
            ColumnCipher.openSecret(column, header, place, vaultID: vaultID, tableKey: $0)
        }
    }

    /// Opens a meta column, whose plaintext is no secret that needs locked memory.
    ///
    /// - Returns: nil when it was not sealed for this place with these keys.
    func openMeta(_ column: [UInt8], at place: SealedPlace) -> OpenedMeta? {
        guard let header = header(of: column, at: place) else { return nil }
        return withTableKey(place.table, header.epoch) {
            ColumnCipher.openMeta(column, header, place, vaultID: vaultID, tableKey: $0)
        }
    }

    /// The key of one column, which opens that column in this version and nothing else.
    ///
    /// - Returns: nil when the column is none of this place, or of an epoch that these keys have not.
    func recordKey(of column: [UInt8], at place: SealedPlace) -> SecretBytes? {
        guard let header = header(of: column, at: place) else { return nil }
        return withTableKey(place.table, header.epoch) {
            ColumnCipher.recordKey(header, place, vaultID: vaultID, tableKey: $0)
        }
    }

    private func header(of column: [UInt8], at place: SealedPlace) -> SealedHeader? {
        guard let header = SealedHeader(column, at: place) else { return nil }
        let isOurs =
            switch place.table {
            case .keyring: header.epoch == 0
            // An entry stays as it was made; that it is the one that was, the tree in the state tells.
            case .audit: epochs.contains(header.epoch)
            // All else was sealed anew with each new key: somebody who knew an older one may have made this.
            default: header.epoch == epoch
            }
        return isOurs ? header : nil
    }

    private func withTableKey<Result: ~Copyable>(
        _ table: VaultTable, _ epoch: UInt32, _ body: (RawSpan) -> Result
    ) -> Result {
        if let subkey = table.subkey {
            withSubkey(subkey, epoch: epoch, body)
        } else {
            keyringKey.withBytes(body)
        }
    }

    /// Lends a subkey of `epoch`.
    ///
    /// - Precondition: the keyring has that epoch.
    func withSubkey<Result: ~Copyable>(
        _ subkey: Subkey, epoch: UInt32, _ body: (RawSpan) -> Result
    ) -> Result {
        guard let index = epochs.firstIndex(of: epoch) else { preconditionFailure("no such epoch") }
        let start = Self.offset(index, subkey)
        return subkeys.withBytes { body($0.extracting(start..<start + 32)) }
    }

    private static func offset(_ index: Int, _ subkey: Subkey) -> Int {
        (index * Subkey.allCases.count + Int(subkey.rawValue) - 1) * 32
    }

    /// The keyed hash by which the holder of the vault knows a token again.
    func hash(ofToken token: borrowing SecretBytes) -> [UInt8] {
        var hash = Blake2b(key: tokenHashKey)
        token.withBytes { hash.update($0) }
        return hash.finish()
    }

    /// A keyed hash that stays the same when the vault gets other keys.
    func stableHash(_ content: [UInt8]) -> [UInt8] {
        var hash = Blake2b(key: tokenHashKey)
        hash.update(content)
        return hash.finish()
    }

    /// The key of the hashes by which stored secrets are known again where they lie elsewhere. Of a domain of its own: such a
    /// hash says nothing about one of a token.
    var secretHashKey: SecretBytes {
        var hash = Blake2b(key: tokenHashKey)
        hash.update("vaultctl stored secrets")
        return hash.finishSecret()
    }

    /// Lends the seed of the key that signs checkpoints.
    func withSigningSeed<Result: ~Copyable>(_ body: (RawSpan) -> Result) -> Result {
        signingSeed.withBytes(body)
    }
}
