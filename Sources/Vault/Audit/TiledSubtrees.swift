/// The hashes of subtrees as the tiles have them: a few reads, however long the record is. What comes of them has to be
/// compared with the root.
struct TiledSubtrees: SubtreeSource {
    let records: Records
    /// How many entries there are.
    let size: UInt64

    func hash(level: Int, index: UInt64) throws(VaultError) -> [UInt8] {
        try records.read { (snapshot) throws(VaultError) in
            try AuditHashes(store: snapshot.store, size: size).hash(height: level, index: index)
        }
    }
}
