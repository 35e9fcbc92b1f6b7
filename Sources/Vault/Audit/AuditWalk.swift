/// Goes through the entries once, on all processors: one reads and puts the tree together, the others open and hash.
///
/// Between two stretches nobody who writes is kept waiting.
struct AuditWalk: ~Copyable {
    private let connection: SQLiteConnection
    private let keyring: Keyring
    private let checksDerived: Bool
    private let end: UInt64
    private let firstOpened: UInt64
    /// Ascending by size.
    private var marks: ArraySlice<AuditMark>
    private(set) var findings: AuditFindings
    /// Of which entries the tiles are not those of the rows. Which of both is wrong, their tree tells.
    private(set) var differingTiles: [ClosedRange<UInt64>] = []
    /// Nil once entries are missing.
    private(set) var tree: AuditTree?
    private(set) var chain: AuditSealChain?
    /// The marks that the tree came by with their root, and those that it came by with another; both ascending.
    private(set) var agreed: [AuditMark] = []
    private(set) var disagreed: [AuditMark] = []
    /// The number of the next entry to be folded into the tree.
    private var next: UInt64

    /// Rows in one transaction, and in one piece of work: those of a segment of the index, which is compared with them.
    private static let stretch = AuditSegment.width
    /// Stretches that are in memory at once: so many keep two processors busy, and are a few MiB.
    private static let mostAtOnce = 6

    /// - Parameters:
    ///   - start: the tree of the entries that are not read.
    ///   - checksDerived: whether there are tables for what is derived from the rows.
    ///   - firstOpened: the number of the first entry that is opened; those before are hashed.
    ///   - chain: at the first entry that is read; nil where seals are not checked.
    init(
        _ connection: SQLiteConnection, keyring: Keyring, checksDerived: Bool, from start: AuditTree, to end: UInt64,
        opening firstOpened: UInt64,
        marks: [AuditMark], chain: consuming AuditSealChain?, findings: AuditFindings
    ) {
        self.connection = connection
        self.keyring = keyring
        self.checksDerived = checksDerived
        self.end = end
        self.firstOpened = firstOpened
        self.findings = findings
        tree = start
        next = start.size
        self.chain = chain
        self.marks = marks.sorted { $0.size < $1.size }[...]
        compareMarks()
    }

    /// - Parameter progress: called with the number of entries that are behind.
    /// - Throws: code `tryAgain` when the task is cancelled; what keeps the file from being read.
    mutating func run(progress: (UInt64) -> Void) async throws(VaultError) {
        let check = AuditStretchCheck(keyring: keyring, checksDerived: checksDerived)
        var start = next
        var failure: VaultError?
        await withTaskGroup(of: CheckedStretch.self) { group in
            var atWork = 0
            var waiting: [UInt64: CheckedStretch] = [:]
            while next < end, failure == nil {
                if start < end, atWork + waiting.count < Self.mostAtOnce, !Task.isCancelled {
                    // To a multiple, so that a stretch is a subtree.
                    let opens = start >= firstOpened
                    let stop = min(opens ? end : min(firstOpened, end), (start / Self.stretch + 1) * Self.stretch)
                    let range = start..<stop
                    do throws(VaultError) {
                        let rows = try read(range)
                        start = rows.range.upperBound
                        chain?.advance(to: range.lowerBound)
                        let sealKey = chain?.copy()
                        group.addTask { check.check(rows, opens: opens, sealKey: sealKey) }
                    } catch {
                        failure = error
                        continue
                    }
                    atWork += 1
                } else if Task.isCancelled {
                    failure = .cancelled
                } else if let done = await group.next() {
                    atWork -= 1
                    waiting[done.range.lowerBound] = done
                }
                while let done = waiting.removeValue(forKey: next) {
                    fold(done)
                    progress(next)
                }
            }
            group.cancelAll()
        }
        if let failure { throw failure }
        chain?.advance(to: end)
    }

    /// Takes the entries up to `size` for missing.
    mutating func skip(to size: UInt64) {
        findings.add(.missingEntry, entries: end...size - 1)
        tree = nil
    }

    /// Takes in that the tile above these entries is not theirs.
    mutating func note(_ tile: ClosedRange<UInt64>) {
        if let last = differingTiles.last, last.upperBound + 1 == tile.lowerBound {
            differingTiles[differingTiles.count - 1] = last.lowerBound...tile.upperBound
        } else {
            differingTiles.append(tile)
        }
    }

    private func read(_ range: Range<UInt64>) throws(VaultError) -> AuditStretch {
        try connection.reading { () throws(VaultError) in
            try AuditStretch(range, from: VaultStore(connection: connection), derived: checksDerived)
        }
    }

    /// Takes what was checked, in the order of the numbers.
    private mutating func fold(_ stretch: CheckedStretch) {
        for finding in stretch.findings {
            if finding.kind == .wrongTile {
                note(finding.entries)
            } else {
                findings.add(finding.kind, entries: finding.entries)
            }
        }
        next = stretch.range.upperBound
        guard let leaves = stretch.leaves, tree != nil else {
            tree = nil
            return
        }
        let hasMark = marks.first.map { $0.size < stretch.range.upperBound } ?? false
        if !hasMark, let subtree = stretch.subtree {
            tree?.append(subtree: subtree, count: UInt64(stretch.range.count))
        } else {
            for leaf in leaves.hashes {
                tree?.append(leaf: leaf)
                compareMarks()
            }
        }
        compareMarks()
    }

    private mutating func compareMarks() {
        guard let tree else { return }
        while let mark = marks.first, mark.size <= tree.size {
            marks.removeFirst()
            if mark.size == tree.size, mark.root == tree.root {
                agreed.append(mark)
            } else if mark.size == tree.size {
                disagreed.append(mark)
            }
        }
    }
}
