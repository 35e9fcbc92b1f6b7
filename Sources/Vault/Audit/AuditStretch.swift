/// Some rows of the record as they are stored, one after the other in one buffer: a row in arrays of its own would take
/// longer to store than to check.
struct AuditStretch: Sendable {
    /// The numbers that were asked for.
    let range: Range<UInt64>
    private(set) var rows: [Row] = []
    /// The leaves of the tree before they are hashed: `00 | u64 seq | meta | seal`.
    private(set) var bytes: [UInt8] = []

    struct Row: Sendable {
        let sequence: UInt64
        /// Where the leaf lies.
        let leaf: Range<Int>
        /// Where the sealed column lies in it; nil for a row whose columns are no blobs, or longer than any of ours.
        let meta: Range<Int>?
    }

    /// Reads rows; the caller has begun a transaction.
    ///
    /// What cannot be read is left out: whoever goes through the numbers finds that it is missing.
    /// - Throws: what keeps the file from being read at all; code `damaged` is not among it.
    init(_ range: Range<UInt64>, from store: VaultStore) throws(VaultError) {
        self.range = range
        rows.reserveCapacity(range.count)
        bytes.reserveCapacity(range.count * Self.usualLength)
        do throws(VaultError) {
            try store.forEachStoredAudit(in: range) { (statement) throws(VaultError) in try append(statement) }
        } catch {
            // SQLite stops at a page that it cannot read; the rows behind it are not there for anybody.
            guard error.code == .damaged else { throw error }
        }
    }

    /// Bytes that an issuance takes, or nearly so.
    private static let usualLength = 640
    private static let headLength = 9

    private mutating func append(_ statement: SQLiteStatement) throws(VaultError) {
        let sequence = UInt64(bitPattern: statement.integer(0))
        let start = bytes.count
        bytes.append(0x00)
        bytes.append(contentsOf: sequence.littleEndianBytes)
        var meta: Range<Int>?
        do throws(VaultError) {
            try statement.appendBlob(1, to: &bytes)
            meta = start + Self.headLength..<bytes.count
            try statement.appendBlob(2, to: &bytes)
        } catch {
            guard error.code == .damaged else { throw error }
            meta = nil
        }
        rows.append(Row(sequence: sequence, leaf: start..<bytes.count, meta: meta))
    }
}
