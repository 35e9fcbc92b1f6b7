/// Proves what the record holds, to whoever has the verifier key and trusts nobody.
struct AuditProver {
    let records: Records

    /// Proves that the entry of that number is in the record as it is now.
    ///
    /// - Throws: code `notFound` when there is none; `damaged`; `tryAgain` when the task is cancelled.
    func inclusion(of sequence: UInt64) throws(VaultError) -> InclusionProof {
        let tree = try records.read { (snapshot) throws(VaultError) in snapshot.state.tree }
        guard sequence < tree.size else { throw .noSuchEntry(sequence, of: tree.size) }
        // Of the row itself: one that was changed must not get a proof.
        let leaf = AuditTree.leaf(
            try records.read { (snapshot) throws(VaultError) in try snapshot.store.auditRow(sequence) })
        let path = try TiledSubtrees(records: records, size: tree.size).inclusionPath(of: sequence, size: tree.size)
        // What is signed is what the state says.
        guard AuditTree.includes(leaf, at: sequence, path: path, size: tree.size, root: tree.root) else {
            throw .rowsDoNotFit
        }
        return InclusionProof(sequence: sequence, leaf: leaf, path: path, checkpoint: signed(tree.size, tree.root))
    }

    /// Proves that the record of `size` entries begins with the `old` entries of an older one.
    ///
    /// - Parameter size: nil for all entries.
    /// - Throws: code `usage` for more entries than there are; `damaged`; `tryAgain` when the task is cancelled.
    func consistency(from old: UInt64, to size: UInt64?) throws(VaultError) -> ConsistencyProof {
        let tree = try records.read { (snapshot) throws(VaultError) in snapshot.state.tree }
        let size = size ?? tree.size
        guard old <= size, size <= tree.size else {
            throw VaultError(
                .usage, "from \(old) to \(size) entries cannot be proven: the record has \(tree.size) entries",
                hint: "the first number is not greater than the second, and neither is greater than that")
        }
        let subtrees = TiledSubtrees(records: records, size: tree.size)
        let root = size == tree.size ? tree.root : try subtrees.root(size: size)
        let path = try subtrees.consistencyPath(from: old, to: size)
        // Whatever is signed, of whatever size, is a part of what the state says.
        guard
            AuditTree.isConsistent(
                path: path, old: old, oldRoot: try subtrees.root(size: old), size: size, root: root),
            AuditTree.isConsistent(
                path: try subtrees.consistencyPath(from: size, to: tree.size), old: size, oldRoot: root,
                size: tree.size, root: tree.root)
        else { throw .rowsDoNotFit }
        return ConsistencyProof(oldSize: old, path: path, checkpoint: signed(size, root))
    }

    private func signed(_ size: UInt64, _ root: [UInt8]) -> SignedCheckpoint {
        let keyring = records.keyring
        return keyring.signed(Checkpoint(vaultID: keyring.vaultID, size: size, root: root))
    }
}

extension VaultError {
    static func noSuchEntry(_ sequence: UInt64, of count: UInt64) -> VaultError {
        VaultError(.notFound, "there is no entry \(sequence): the record has \(count), counted from 0")
    }

    fileprivate static var rowsDoNotFit: VaultError {
        VaultError(
            .damaged, "the audit's rows, or the tiles of its tree, are not the ones that were written",
            hint: "vaultctl audit verify tells which")
    }
}
