/// The hash of the set of live rows: XOR of one keyed hash a row, so that adding and removing a row take one step each.
///
/// XOR is safe because every element is a keyed value and the sum itself is sealed; it is never shown.
struct SetHash: Sendable, Equatable {
    /// 32 bytes; zeros for no rows.
    private(set) var bytes: [UInt8]

    init() {
        bytes = [UInt8](repeating: 0, count: 32)
    }

    /// - Returns: nil unless there are 32 bytes.
    init?(_ bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    /// Puts a row in, or takes it out if it is there.
    ///
    /// - Parameter key: `K_set`.
    mutating func toggle(_ row: SealedRow, in table: VaultTable, key: RawSpan) {
        var hash = Blake2b(key: key)
        hash.update([table.rawValue])
        hash.updateLengthPrefixed(row.id)
        hash.updateLengthPrefixed(row.tag)
        hash.updateLengthPrefixed(row.meta)
        hash.updateLengthPrefixed(row.secret)
        for (index, byte) in hash.finish().enumerated() { bytes[index] ^= byte }
    }

    func equals(_ other: SetHash) -> Bool {
        constantTimeEqual(bytes, other.bytes)
    }
}
