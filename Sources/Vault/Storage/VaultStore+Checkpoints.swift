/// The checkpoints, by the number of entries that they cover.
extension VaultStore {
    /// The row of that size; nil when there is none.
    func checkpoint(size: UInt64) throws(VaultError) -> SealedRow? {
        let statement = try connection.prepare(
            "SELECT CAST(note AS BLOB) FROM checkpoint WHERE size = ?1", [.integer(Int64(size))])
        guard try statement.step() else { return nil }
        return SealedRow(id: size.littleEndianBytes, meta: try statement.blob(0))
    }

    /// Calls `body` with the rows of more than `first` entries, smallest first, until it returns false.
    func forEachCheckpoint(
        after first: UInt64, _ body: (SealedRow) throws(VaultError) -> Bool
    ) throws(VaultError) {
        let statement = try connection.prepare(
            "SELECT size, CAST(note AS BLOB) FROM checkpoint WHERE size > ?1 ORDER BY size", [.integer(Int64(first))])
        while try statement.step() {
            let size = UInt64(bitPattern: statement.integer(0))
            guard try body(SealedRow(id: size.littleEndianBytes, meta: try statement.blob(1))) else { return }
        }
    }
}
