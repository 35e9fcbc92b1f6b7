/// What is derived from the audit is written with the entry that completes it.
extension WriteTransaction {
    /// Stores the tiles and the segment of the index that the last entry has completed.
    func storeDerived() throws(VaultError) {
        try storeDerived(completedAt: snapshot.state.tree.size, tile: derived.tile, segment: derived.segment)
    }

    /// Makes all tiles and the whole index anew.
    ///
    /// - Parameter progress: called now and then with the number of entries done.
    func rebuildDerived(progress: (UInt64) -> Void) throws(VaultError) {
        try snapshot.store.deleteDerived()
        var size = AuditHashes.tileWidth
        while size <= snapshot.state.tree.size {
            try storeDerived(completedAt: size, tile: nil, segment: nil)
            progress(size)
            size += AuditHashes.tileWidth
        }
    }

    /// - Parameters:
    ///   - tile: the one of the lowest level that is complete then; nil: of the rows.
    ///   - segment: the same for the index.
    private func storeDerived(
        completedAt size: UInt64, tile: [UInt8]?, segment: AuditSegment?
    ) throws(VaultError) {
        do throws(VaultError) {
            try AuditHashes(store: snapshot.store, size: size).storeTiles(completedAt: size, lowest: tile)
            try storeSegment(segment, completedAt: size)
        } catch {
            // An entry that was damaged long ago must not keep new ones from being made for ever. Without its tile or
            // segment the rows themselves are read, and whoever reads them hears of it.
            guard error.code == .damaged else { throw error }
        }
    }

    private func storeSegment(_ known: AuditSegment?, completedAt size: UInt64) throws(VaultError) {
        guard size > 0, size.isMultiple(of: AuditSegment.width) else { return }
        let number = size / AuditSegment.width - 1
        let segment = if let known { known } else { try snapshot.segmentOfRows(number) }
        let meta = try keyring.seal(segment.sealed, at: AuditSegment.place(number), version: 0)
        try snapshot.store.put(auditSegment: meta, number)
    }
}
