internal import SwiftProtobuf
internal import VaultProtos

/// The keyring's row.
extension Keyring {
    private static let meta = SealedPlace(table: .keyring, column: .meta, rowID: SealedPlace.singleRowID)
    private static let secret = SealedPlace(table: .keyring, column: .secret, rowID: SealedPlace.singleRowID)

    /// Opens the row with the root key.
    ///
    /// - Throws: code `damaged`.
    static func open(
        _ row: SealedRow, vaultID: [UInt8], rootKey: borrowing SecretBytes
    ) throws(VaultError) -> Keyring {
        let key = keyringKey(of: rootKey)
        guard let metaHeader = SealedHeader(row.meta, at: meta),
            let secretHeader = SealedHeader(row.secret, at: secret), metaHeader == secretHeader,
            metaHeader.epoch == 0,
            let opened = key.withBytes({
                ColumnCipher.openMeta(row.meta, metaHeader, meta, vaultID: vaultID, tableKey: $0)
            }),
            let material = key.withBytes({
                ColumnCipher.openSecret(row.secret, secretHeader, secret, vaultID: vaultID, tableKey: $0)
            })
        else { throw .doesNotOpen(meta) }
        let sealed: SealedKeyring
        do {
            sealed = try SealedKeyring(serializedBytes: opened.plaintext)
        } catch {
            throw .damaged("its keyring is not understood")
        }
        guard
            let keyring = Keyring(
                vaultID: vaultID, epochs: sealed.epochs, material: material.bytes, rootKey: rootKey)
        else { throw .damaged("its keyring does not hang together") }
        return keyring
    }

    /// Whether a keyring's row was sealed under the root key that these keys came from.
    func opens(_ row: SealedRow) -> Bool { openMeta(row.meta, at: Self.meta) != nil }

    /// The version of the keyring's row; nil when it is none.
    static func version(of row: SealedRow) -> UInt64? { SealedHeader(row.meta, at: meta)?.version }

    /// The row as it is written.
    func row(version: UInt64) throws(VaultError) -> SealedRow {
        var sealed = SealedKeyring()
        sealed.epochs = epochs
        let columns = try seal(sealed, at: Self.meta, version: version)
        return SealedRow(
            id: SealedPlace.singleRowID, meta: columns,
            secret: try seal(material, at: Self.secret, version: version))
    }
}
