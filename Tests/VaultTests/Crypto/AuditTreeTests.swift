import Testing
@testable import Vault

struct AuditTreeTests {
    /// RFC 6962, section 2.1, as it is written there.
    private func naiveRoot(_ leaves: ArraySlice<[UInt8]>) -> [UInt8] {
        guard leaves.count > 1 else { return leaves.first ?? sha256([]) }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        let middle = leaves.startIndex + split
        return AuditTree.node(naiveRoot(leaves[..<middle]), naiveRoot(leaves[middle...]))
    }

    @Test func `the frontier gives the root of the definition, for every size`() {
        var leaves: [[UInt8]] = []
        var tree = AuditTree()
        for size in 0...1025 {
            #expect(tree.size == UInt64(size))
            #expect(tree.frontier.count == size.nonzeroBitCount)
            #expect(tree.root == naiveRoot(leaves[...]))
            let leaf = sha256(UInt64(size).littleEndianBytes)
            leaves.append(leaf)
            tree.append(leaf: leaf)
        }
    }

    @Test func `a frontier that does not fit its size is refused`() {
        let hash = [UInt8](repeating: 7, count: 32)
        #expect(AuditTree(size: 3, frontier: [hash, hash]) != nil)
        #expect(AuditTree(size: 3, frontier: [hash]) == nil)
        #expect(AuditTree(size: 4, frontier: [hash, hash]) == nil)
        #expect(AuditTree(size: 1, frontier: [[1, 2, 3]]) == nil)
    }

    @Test func `a subtree that is appended is as good as its leaves`() {
        let leaves = (0..<64).map { sha256(UInt64($0).littleEndianBytes) }
        for height in 0...5 {
            let count = 1 << height
            var byLeaf = AuditTree()
            var bySubtree = AuditTree()
            for start in stride(from: 0, to: leaves.count, by: count) {
                var part = AuditTree()
                for leaf in leaves[start..<start + count] {
                    byLeaf.append(leaf: leaf)
                    part.append(leaf: leaf)
                }
                bySubtree.append(subtree: part.root, count: UInt64(count))
                #expect(bySubtree == byLeaf)
            }
        }
    }
}
