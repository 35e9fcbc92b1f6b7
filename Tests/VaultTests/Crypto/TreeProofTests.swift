import Testing
@testable import Vault

/// Proofs over leaves in memory, against the tree as RFC 6962, section 2.1, defines it.
struct TreeProofTests {
    /// Complete subtrees by level, each computed once.
    private struct Leaves: SubtreeSource {
        let levels: [[[UInt8]]]

        init(_ count: Int) {
            var levels = [(0..<count).map { sha256(UInt64($0).littleEndianBytes) }]
            while let last = levels.last, last.count > 1 {
                levels.append((0..<last.count / 2).map { AuditTree.node(last[2 * $0], last[2 * $0 + 1]) })
            }
            self.levels = levels
        }

        func hash(level: Int, index: UInt64) throws(VaultError) -> [UInt8] { levels[level][Int(index)] }
    }

    private static let leaves = Leaves(1025)

    /// The roots of the first 0…1,025 leaves, made one leaf at a time.
    private static let roots: [[UInt8]] = {
        var tree = AuditTree()
        return [tree.root]
            + leaves.levels[0].map { leaf in
                tree.append(leaf: leaf)
                return tree.root
            }
    }()

    @Test func `subtrees give the root, and every leaf its proof, for every size`() throws {
        for size in 0...1025 {
            let root = Self.roots[size]
            #expect(try Self.leaves.root(size: UInt64(size)) == root)
            // The ends, what lies around every power of two, and a spread of the rest.
            for index in 0..<size where index < 3 || size - index < 3 || (index + 1) & index == 0 || index % 61 == 0 {
                let leaf = Self.leaves.levels[0][index]
                let path = try Self.leaves.inclusionPath(of: UInt64(index), size: UInt64(size))
                #expect(
                    AuditTree.includes(leaf, at: UInt64(index), path: path, size: UInt64(size), root: root),
                    "\(index) of \(size)")
            }
        }
    }

    @Test func `every pair of sizes up to 129 is proven consistent, with its own roots alone`() throws {
        for size in 0...129 {
            for old in 0...size {
                let path = try Self.leaves.consistencyPath(from: UInt64(old), to: UInt64(size))
                func isConsistent(_ path: [[UInt8]], _ oldRoot: [UInt8], _ root: [UInt8]) -> Bool {
                    AuditTree.isConsistent(
                        path: path, old: UInt64(old), oldRoot: oldRoot, size: UInt64(size), root: root)
                }
                let (oldRoot, root) = (Self.roots[old], Self.roots[size])
                #expect(isConsistent(path, oldRoot, root), "\(old) to \(size)")
                let other = sha256([1])
                #expect(!isConsistent(path, other, root), "\(old) to \(size)")
                // An empty record is the beginning of every other.
                #expect(old == 0 || !isConsistent(path, oldRoot, other), "\(old) to \(size)")
                #expect(!isConsistent(path + [other], oldRoot, root), "\(old) to \(size)")
                if !path.isEmpty { #expect(!isConsistent(Array(path.dropLast()), oldRoot, root), "\(old) to \(size)") }
                for index in path.indices {
                    var changed = path
                    changed[index][0] ^= 1
                    #expect(!isConsistent(changed, oldRoot, root), "\(old) to \(size)")
                }
            }
        }
    }

    @Test func `a proof is of one leaf at one place in one tree`() throws {
        for size in 1...65 as ClosedRange<UInt64> {
            let root = Self.roots[Int(size)]
            for index in 0..<size {
                let leaf = Self.leaves.levels[0][Int(index)]
                let path = try Self.leaves.inclusionPath(of: index, size: size)
                #expect(!AuditTree.includes(sha256([1]), at: index, path: path, size: size, root: root))
                #expect(!AuditTree.includes(leaf, at: index, path: path, size: size, root: sha256([1])))
                #expect(!AuditTree.includes(leaf, at: size, path: path, size: size, root: root))
                #expect(!AuditTree.includes(leaf, at: index, path: path + [leaf], size: size, root: root))
                if !path.isEmpty {
                    #expect(!AuditTree.includes(leaf, at: index, path: Array(path.dropLast()), size: size, root: root))
                    #expect(!AuditTree.includes(leaf, at: index ^ 1, path: path, size: size, root: root))
                }
                for step in path.indices {
                    var changed = path
                    changed[step][31] ^= 0x80
                    #expect(!AuditTree.includes(leaf, at: index, path: changed, size: size, root: root))
                }
            }
        }
    }

    @Test func `the proof of one entry among ten million is shorter than 1.5 KB`() throws {
        /// A tree that nobody has: all its hashes are alike.
        struct Alike: SubtreeSource {
            func hash(level: Int, index: UInt64) throws(VaultError) -> [UInt8] { sha256([UInt8(level)]) }
        }
        let size: UInt64 = 10_000_000
        let id = [UInt8](repeating: 0xff, count: 16)
        let checkpoint = Checkpoint(vaultID: id, size: size, root: try Alike().root(size: size))
        let signature = SignedNote.Signature(
            keyName: checkpoint.origin, keyID: [1, 2, 3, 4], bytes: [UInt8](repeating: 0, count: 64))
        let note = SignedNote(text: checkpoint.text, signatures: [signature])
        for index in [0, 5_000_000, 8_388_607, size - 1] {
            let proof = InclusionProof(
                sequence: index, leaf: sha256([0]), path: try Alike().inclusionPath(of: index, size: size),
                checkpoint: SignedCheckpoint(size: size, root: checkpoint.root, note: note.encoded))
            #expect(proof.text.utf8.count < 1500)
        }
    }
}
