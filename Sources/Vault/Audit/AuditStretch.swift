/// Some rows of the record as they are stored, one after the other in one buffer: a row in arrays of its own would take
/// longer to store than to check.
struct AuditStretch: Sendable {
    /// The numbers that were looked for: those that were asked for or, where the rows are larger than any of ours, the first
    /// of them.
    private(set) var range: Range<UInt64>
    private(set) var rows: [Row] = []
    /// The leaves of the tree before they are hashed: `00 | u64 seq | meta | seal`.
    private(set) var bytes: [UInt8] = []
    /// The stored tiles of level 0 whose entries are all in the range, by number; those that cannot be read are left out.
    private(set) var tiles: [UInt64: [UInt8]] = [:]
    /// The stored segment of the index, sealed, where the range is that of one.
    private(set) var segment: [UInt8]?

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
    /// - Parameter derived: whether there are tables for what is derived.
    /// - Throws: what keeps the file from being read at all; code `damaged` is not among it.
    init(_ range: Range<UInt64>, from store: VaultStore, derived: Bool) throws(VaultError) {
        self.range = range
        rows.reserveCapacity(range.count)
        bytes.reserveCapacity(range.count * Self.usualLength)
        do throws(VaultError) {
            try store.forEachStoredAudit(in: range) { (statement) throws(VaultError) in
                try append(statement)
                return bytes.count < Self.mostBytes
            }
            if bytes.count >= Self.mostBytes, let last = rows.last, range.contains(last.sequence) {
                self.range = range.lowerBound..<last.sequence + 1
            }
        } catch {
            // SQLite stops at a page that it cannot read; the rows behind it are not there for anybody.
            guard error.code == .damaged else { throw error }
        }
        guard derived else { return }
        for number in tileNumbers {
            tiles[number] = try Self.readable { () throws(VaultError) in try store.tile(level: 0, number) }
        }
        if let number = segmentNumber {
            segment = try Self.readable { () throws(VaultError) in try store.auditSegment(number) }
        }
    }

    /// The tiles of level 0 whose entries are all in the range.
    var tileNumbers: Range<UInt64> {
        let width = AuditHashes.tileWidth
        let first = (range.lowerBound + width - 1) / width
        return first..<max(first, range.upperBound / width)
    }

    /// Which segment of the index the range is; nil when it is none.
    var segmentNumber: UInt64? {
        guard range.lowerBound.isMultiple(of: AuditSegment.width), UInt64(range.count) == AuditSegment.width else {
            return nil
        }
        return range.lowerBound / AuditSegment.width
    }

    private static func readable(_ read: () throws(VaultError) -> [UInt8]?) throws(VaultError) -> [UInt8]? {
        do throws(VaultError) {
            return try read()
        } catch {
            guard error.code == .damaged else { throw error }
            return nil
        }
    }

    /// Bytes that an issuance takes, or nearly so.
    private static let usualLength = 640
    private static let headLength = 9
    /// Several times what a stretch of the longest entries that we write takes.
    private static let mostBytes = 4 << 20

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
