/// Opens the sealed columns of audit rows, one after the other, in memory of its own: what ``ColumnCipher`` does for any
/// column, without an allocation for each and without waiting for whoever opens others.
///
/// What an entry says is no secret that needs locked memory; the record key is, and has it.
struct AuditOpener: ~Copyable {
    private let keyring: Keyring
    private var recordKey = SecretBytes(count: 32) { _ in }
    private var plaintext = [UInt8](repeating: 0, count: VaultTable.longestColumn)
    /// `"vault.rec.v1" | vault id | header | row id`.
    private var place: [UInt8]

    private static let headerStart = 28
    private static let numberStart = 52
    private static let boxStart = SealedHeader.length + SecretBox.nonceLength

    init(_ keyring: Keyring) {
        self.keyring = keyring
        place = Array("vault.rec.v1".utf8) + keyring.vaultID + [UInt8](repeating: 0, count: SealedHeader.length)
        place += SealedPlace.auditRowID(0)
    }

    enum Opened {
        /// The length of what ``withPlaintext(_:_:)`` lends.
        case entry(Int)
        /// Sealed, as its header says, under a key that the keyring does not have.
        case keyMissing
        case not
    }

    /// Opens the column of the row of that number.
    mutating func open(_ column: RawSpan, sequence: UInt64) -> Opened {
        let length = column.byteCount - Self.boxStart - SecretBox.overhead
        // Audit rows are written once: their version is 0.
        guard length > 0, column.byteCount <= VaultTable.longestColumn, column.byte(at: 0) == SealedHeader.format,
            column.byte(at: 1) == VaultTable.audit.rawValue | SealedPlace.Column.meta.rawValue,
            column.byte(at: 2) == 0, column.byte(at: 3) == 0, (8..<16).allSatisfy({ column.byte(at: $0) == 0 })
        else { return .not }
        let epoch = (0..<4).reduce(UInt32(0)) { $0 | UInt32(column.byte(at: 4 + $1)) << (8 * UInt32($1)) }
        guard keyring.epochs.contains(epoch) else { return .keyMissing }
        for index in 0..<SealedHeader.length { place[Self.headerStart + index] = column.byte(at: index) }
        for index in 0..<8 {
            place[Self.numberStart + index] = UInt8(truncatingIfNeeded: sequence >> (8 * UInt64(index)))
        }
        keyring.withSubkey(.audit, epoch: epoch) { key in
            place.withRawSpan { place in
                recordKey.withMutableBytes { Blake2b.hash(place, key: key, into: &$0) }
            }
        }
        guard
            recordKey.withBytes({ key in
                SecretBox.open(
                    column.extracting(Self.boxStart..<column.byteCount),
                    nonce: column.extracting(SealedHeader.length..<Self.boxStart), key: key,
                    into: &plaintext, count: length)
            }),
            let unpadded = plaintext.withRawSpan({
                Padding.unpaddedLength(ofPublic: $0.extracting(0..<length), block: VaultTable.audit.padding)
            })
        else { return .not }
        return .entry(unpadded)
    }

    /// Lends what was opened last.
    borrowing func withPlaintext<Result>(_ length: Int, _ body: (RawSpan) -> Result) -> Result {
        plaintext.withRawSpan { body($0.extracting(0..<length)) }
    }
}
