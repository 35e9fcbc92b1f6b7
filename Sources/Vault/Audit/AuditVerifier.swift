/// Checks the record row by row: no number is missing, every row opens, and the tree over all rows is that of the state.
struct AuditVerifier {
    let snapshot: Snapshot

    /// - Parameter progress: called now and then with the number of rows done.
    /// - Returns: the root of the tree.
    /// - Throws: code `damaged` that names the first row that is wrong.
    func verify(progress: (UInt64) -> Void) throws(VaultError) -> [UInt8] {
        var tree = AuditTree()
        try snapshot.store.forEachAudit(from: 0) { (row) throws(VaultError) in
            _ = try snapshot.entry(row)
            tree.append(row)
            if tree.size % 1024 == 0 { progress(tree.size) }
            return true
        }
        guard tree == snapshot.state.tree else {
            throw .damaged("the audit's rows are not the ones that were written: their tree has another root")
        }
        return tree.root
    }
}
