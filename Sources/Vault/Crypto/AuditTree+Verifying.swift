/// What a path proves, by the algorithms of RFC 9162, sections 2.1.3.2 and 2.1.4.2, which share nothing with those that
/// make one.
extension AuditTree {
    /// Whether `path` leads from a leaf to the root.
    static func includes(
        _ leaf: [UInt8], at index: UInt64, path: [[UInt8]], size: UInt64, root: [UInt8]
    ) -> Bool {
        guard index < size, path.allSatisfy({ $0.count == 32 }) else { return false }
        var walk = Walk(from: index, last: size - 1)
        var hash = leaf
        for neighbour in path {
            guard let side = walk.step() else { return false }
            hash = side == .left ? node(neighbour, hash) : node(hash, neighbour)
        }
        return walk.isAtRoot && hash == root
    }

    /// Whether `path` leads from the root of the first `old` leaves to that of `size`.
    static func isConsistent(
        path: [[UInt8]], old: UInt64, oldRoot: [UInt8], size: UInt64, root: [UInt8]
    ) -> Bool {
        guard old > 0, old < size else {
            return path.isEmpty && (old == 0 ? oldRoot == sha256([]) : old == size && oldRoot == root)
        }
        guard path.allSatisfy({ $0.count == 32 }) else { return false }
        // The root of a whole subtree is in every path, but for the one that is known.
        var rest = (old.nonzeroBitCount == 1 ? [oldRoot] : []) + path
        guard !rest.isEmpty else { return false }
        let first = rest.removeFirst()
        var walk = Walk(from: old - 1, last: size - 1)
        walk.skipRightSides()
        var (oldHash, hash) = (first, first)
        for neighbour in rest {
            guard let side = walk.step() else { return false }
            if side == .left {
                oldHash = node(neighbour, oldHash)
                hash = node(neighbour, hash)
            } else {
                hash = node(hash, neighbour)
            }
        }
        return walk.isAtRoot && oldHash == oldRoot && hash == root
    }

    /// Up the tree, from a node to the root.
    private struct Walk {
        /// The node's place in its level.
        private var index: UInt64
        /// The last place in that level.
        private var last: UInt64

        enum Side {
            case left, right
        }

        init(from index: UInt64, last: UInt64) {
            self.index = index
            self.last = last
        }

        var isAtRoot: Bool { last == 0 }

        /// Goes up until the node is a left one.
        mutating func skipRightSides() {
            while index & 1 == 1 { up() }
        }

        /// Goes up to the next node that has a neighbour, and past it.
        ///
        /// - Returns: on which side the neighbour is; nil at the root, where there is none.
        mutating func step() -> Side? {
            guard last > 0 else { return nil }
            let side: Side = index & 1 == 1 || index == last ? .left : .right
            // The last node of a level may stand alone, and then is its own parent.
            if side == .left {
                while index & 1 == 0, index > 0 { up() }
            }
            up()
            return side
        }

        private mutating func up() {
            index >>= 1
            last >>= 1
        }
    }
}
