/// Where the hashes of complete subtrees of the record's tree come from.
protocol SubtreeSource {
    /// The hash over the leaves `index << level ..< (index + 1) << level`, all of which are there.
    func hash(level: Int, index: UInt64) throws(VaultError) -> [UInt8]
}

/// What is proven with them: RFC 9162, sections 2.1.3.1 and 2.1.4.1, as it is defined there.
extension SubtreeSource {
    /// The root of the tree over the first `size` leaves.
    func root(size: UInt64) throws(VaultError) -> [UInt8] {
        size == 0 ? sha256([]) : try hash(over: 0..<size)
    }

    /// The hashes that lead from a leaf to the root of the first `size` leaves, lowest first.
    ///
    /// - Precondition: `leaf` is one of them.
    func inclusionPath(of leaf: UInt64, size: UInt64) throws(VaultError) -> [[UInt8]] {
        precondition(leaf < size)
        return try inclusionPath(of: leaf, in: 0..<size)
    }

    /// The hashes that lead from the root of the first `old` leaves to that of the first `size`.
    ///
    /// - Precondition: `old` is not more than `size`.
    func consistencyPath(from old: UInt64, to size: UInt64) throws(VaultError) -> [[UInt8]] {
        precondition(old <= size)
        guard old > 0, old < size else { return [] }
        return try consistencyPath(upTo: old, in: 0..<size, isKnown: true)
    }

    /// - Parameter range: begins where a subtree of its size may begin.
    private func hash(over range: Range<UInt64>) throws(VaultError) -> [UInt8] {
        let count = range.upperBound - range.lowerBound
        guard count.nonzeroBitCount > 1 else {
            let level = count.trailingZeroBitCount
            return try hash(level: level, index: range.lowerBound >> level)
        }
        let (left, right) = range.halves
        return AuditTree.node(try hash(over: left), try hash(over: right))
    }

    private func inclusionPath(of leaf: UInt64, in range: Range<UInt64>) throws(VaultError) -> [[UInt8]] {
        guard range.count > 1 else { return [] }
        let (left, right) = range.halves
        return left.contains(leaf)
            ? try inclusionPath(of: leaf, in: left) + [try hash(over: right)]
            : try inclusionPath(of: leaf, in: right) + [try hash(over: left)]
    }

    /// - Parameter isKnown: whether who verifies knows the hash over `range` when it ends at `old`, because it is the old root.
    private func consistencyPath(
        upTo old: UInt64, in range: Range<UInt64>, isKnown: Bool
    ) throws(VaultError) -> [[UInt8]] {
        guard old < range.upperBound else { return isKnown ? [] : [try hash(over: range)] }
        let (left, right) = range.halves
        return old <= left.upperBound
            ? try consistencyPath(upTo: old, in: left, isKnown: isKnown) + [try hash(over: right)]
            : try consistencyPath(upTo: old, in: right, isKnown: false) + [try hash(over: left)]
    }
}

extension Range<UInt64> {
    /// Cut where the tree branches: the left part has the largest power of two that is less than all.
    ///
    /// - Precondition: there are two at least.
    fileprivate var halves: (left: Range, right: Range) {
        let last = upperBound - lowerBound - 1
        let middle = lowerBound + (1 << (UInt64.bitWidth - 1 - last.leadingZeroBitCount))
        return (lowerBound..<middle, middle..<upperBound)
    }
}
