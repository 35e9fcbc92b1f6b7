/// The hashes of subtrees, computed from the rows: as long as that takes, with nothing but one frontier in memory.
struct RowSubtrees: SubtreeSource {
    let records: Records

    /// - Throws: code `damaged`; `tryAgain` when the task is cancelled.
    func hash(level: Int, index: UInt64) throws(VaultError) -> [UInt8] {
        let (start, count) = (index << UInt64(level), UInt64(1) << UInt64(level))
        var tree = AuditTree()
        while tree.size < count {
            guard !Task.isCancelled else { throw .cancelled }
            let (done, end) = (tree, min(count, tree.size + AuditLog.stretch))
            tree = try records.read { (snapshot) throws(VaultError) in
                try snapshot.tree(done, continuedTo: end, from: start)
            }
        }
        return tree.root
    }
}

extension Snapshot {
    /// - Parameters:
    ///   - tree: over some of the rows from number `start` on.
    ///   - end: how many it is to be over.
    fileprivate func tree(
        _ tree: AuditTree, continuedTo end: UInt64, from start: UInt64
    ) throws(VaultError) -> AuditTree {
        var tree = tree
        try store.forEachAudit(from: start + tree.size) { (row) throws(VaultError) in
            tree.append(row)
            return tree.size < end
        }
        guard tree.size == end else { throw .damaged("audit entry \(start + tree.size) is missing") }
        return tree
    }
}
