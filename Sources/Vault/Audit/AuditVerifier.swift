/// Checks the record row by row: no number is missing, every row opens, and the tree over all rows is that of the state.
struct AuditVerifier {
    let records: Records

    /// - Parameters:
    ///   - expected: the tree of the state that is verified; entries that come meanwhile are not looked at.
    ///   - progress: called now and then with the number of rows done.
    /// - Throws: code `damaged` that names the first row that is wrong; `tryAgain` when the task is cancelled.
    func verify(_ expected: AuditTree, progress: (UInt64) -> Void) async throws(VaultError) {
        var tree = AuditTree()
        while tree.size < expected.size {
            guard !Task.isCancelled else { throw .cancelled }
            let end = min(tree.size + AuditLog.stretch, expected.size)
            let start = tree
            tree = try records.read { (snapshot) throws(VaultError) in
                try snapshot.verifyEntries(after: start, to: end)
            }
            progress(tree.size)
            await Task.yield()
        }
        guard tree == expected else {
            throw .damaged("the audit's rows are not the ones that were written: their tree has another root")
        }
    }
}

extension Snapshot {
    /// - Returns: the tree of the first `end` rows, of which those in `tree` were verified before.
    fileprivate func verifyEntries(after tree: AuditTree, to end: UInt64) throws(VaultError) -> AuditTree {
        var tree = tree
        try store.forEachAudit(from: tree.size) { (row) throws(VaultError) in
            _ = try entry(row)
            tree.append(row)
            return tree.size < end
        }
        guard tree.size == end else { throw .damaged("audit entry \(tree.size) is missing") }
        return tree
    }
}
