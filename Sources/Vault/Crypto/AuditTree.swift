/// The Merkle tree of RFC 6962, section 2.1, over the audit rows as stored, kept as its frontier: the roots of the
/// perfect subtrees that the leaves fall into, largest first.
struct AuditTree: Sendable, Equatable {
    private(set) var size: UInt64
    private(set) var frontier: [[UInt8]]

    init() {
        size = 0
        frontier = []
    }

    /// - Returns: nil unless there is one hash of 32 bytes for each bit that is set in `size`.
    init?(size: UInt64, frontier: [[UInt8]]) {
        guard frontier.count == size.nonzeroBitCount, frontier.allSatisfy({ $0.count == 32 }) else { return nil }
        self.size = size
        self.frontier = frontier
    }

    mutating func append(_ row: SealedAuditRow) {
        append(leaf: Self.leaf(row))
    }

    mutating func append(leaf: [UInt8]) {
        var node = leaf
        // One more leaf carries like adding one to a binary number: each trailing one is a subtree to merge with.
        for _ in 0..<(~size).trailingZeroBitCount {
            node = Self.node(frontier.removeLast(), node)
        }
        frontier.append(node)
        size += 1
    }

    /// Appends the root of a perfect subtree of `count` leaves.
    ///
    /// - Precondition: `count` is a power of two that divides the size.
    mutating func append(subtree: [UInt8], count: UInt64) {
        precondition(count.nonzeroBitCount == 1 && size % count == 0)
        var node = subtree
        for _ in 0..<(~(size / count)).trailingZeroBitCount {
            node = Self.node(frontier.removeLast(), node)
        }
        frontier.append(node)
        size += count
    }

    var root: [UInt8] {
        guard var root = frontier.last else { return sha256([]) }
        for left in frontier.dropLast().reversed() { root = Self.node(left, root) }
        return root
    }

    static func leaf(_ row: SealedAuditRow) -> [UInt8] {
        sha256([0x00] + row.sequence.littleEndianBytes + row.meta + row.seal)
    }

    static func node(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] {
        let pair = [0x01] + left + right
        return pair.withRawSpan { sha256($0) }
    }
}
