private import Synchronization

/// Seals and opens one column. secretbox takes no associated data, so the place goes into the key:
/// `B2(K, "vault.rec.v1" | vault id | header | row id)`.
enum ColumnCipher {
    /// Holds one record key at a time. A guarded allocation for each would cost more than all else of an opening, and the
    /// stack is not locked.
    private static let scratch = Mutex(SecretBytes(count: 32) { _ in })

    static func seal(
        _ plaintext: RawSpan, _ header: SealedHeader, _ place: SealedPlace, vaultID: [UInt8], tableKey: RawSpan,
        nonce: [UInt8] = Sodium.randomBytes(SecretBox.nonceLength)
    ) -> [UInt8] {
        let head = header.bytes(at: place)
        let padded = Padding.pad(plaintext, block: place.table.padding)
        let box = withRecordKey(head, place, vaultID, tableKey) { key in
            padded.withBytes { SecretBox.seal($0, nonce: nonce, key: key) }
        }
        return head + nonce + box
    }

    /// - Returns: nil when the column was not sealed for this place under this key.
    static func openSecret(
        _ column: [UInt8], _ header: SealedHeader, _ place: SealedPlace, vaultID: [UInt8], tableKey: RawSpan
    ) -> OpenedSecret? {
        guard let length = paddedLength(column) else { return nil }
        var opened = false
        let padded = SecretBytes(count: length) { target in
            opened = open(column, header, place, vaultID, tableKey, into: &target)
        }
        guard opened, let count = padded.withBytes({ Padding.unpaddedLength($0, block: place.table.padding) })
        else { return nil }
        return OpenedSecret(header: header, bytes: padded.slice(0..<count))
    }

    /// - Returns: nil when the column was not sealed for this place under this key.
    static func openMeta(
        _ column: [UInt8], _ header: SealedHeader, _ place: SealedPlace, vaultID: [UInt8], tableKey: RawSpan
    ) -> OpenedMeta? {
        guard let length = paddedLength(column) else { return nil }
        var plaintext = [UInt8](repeating: 0, count: length)
        guard plaintext.withMutableRawSpan({ open(column, header, place, vaultID, tableKey, into: &$0) }),
            let count = Padding.unpaddedLength(ofPublic: plaintext, block: place.table.padding)
        else { return nil }
        plaintext.removeLast(length - count)
        return OpenedMeta(header: header, plaintext: plaintext)
    }

    private static func paddedLength(_ column: [UInt8]) -> Int? {
        let length = column.count - SealedHeader.length - SecretBox.nonceLength - SecretBox.overhead
        return length > 0 ? length : nil
    }

    private static func open(
        _ column: [UInt8], _ header: SealedHeader, _ place: SealedPlace, _ vaultID: [UInt8], _ tableKey: RawSpan,
        into target: inout MutableRawSpan
    ) -> Bool {
        let boxStart = SealedHeader.length + SecretBox.nonceLength
        return withRecordKey(header.bytes(at: place), place, vaultID, tableKey) { key in
            column.withRawSpan { column in
                SecretBox.open(
                    column.extracting(boxStart..<column.byteCount),
                    nonce: column.extracting(SealedHeader.length..<boxStart), key: key, into: &target)
            }
        }
    }

    /// The key of one column: whoever is given it can open that column and nothing else.
    static func recordKey(
        _ header: SealedHeader, _ place: SealedPlace, vaultID: [UInt8], tableKey: RawSpan
    ) -> SecretBytes {
        recordKeyHash(header.bytes(at: place), place, vaultID, tableKey).finishSecret()
    }

    private static func recordKeyHash(
        _ head: [UInt8], _ place: SealedPlace, _ vaultID: [UInt8], _ tableKey: RawSpan
    ) -> Blake2b {
        var hash = Blake2b(key: tableKey)
        hash.update("vault.rec.v1")
        hash.update(vaultID)
        hash.update(head)
        hash.update(place.rowID)
        return hash
    }

    private static func withRecordKey<Result: Sendable>(
        _ head: [UInt8], _ place: SealedPlace, _ vaultID: [UInt8], _ tableKey: RawSpan,
        _ body: (RawSpan) -> Result
    ) -> Result {
        scratch.withLock { scratch in
            let hash = recordKeyHash(head, place, vaultID, tableKey)
            scratch.withMutableBytes { hash.finish(into: &$0) }
            return scratch.withBytes(body)
        }
    }
}

/// What a secret column held.
struct OpenedSecret: ~Copyable {
    let header: SealedHeader
    let bytes: SecretBytes

    consuming func takeBytes() -> SecretBytes { bytes }
}

/// What a meta column held.
struct OpenedMeta {
    let header: SealedHeader
    let plaintext: [UInt8]
}
