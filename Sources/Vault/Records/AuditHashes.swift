/// The hashes of the audit's tree below its frontier, from the complete tiles and, behind the last, from the rows: so each
/// takes a few reads, however long the record is.
///
/// Tiles are not authenticated. Whoever computes something from these hashes compares what comes of it with the tree of the
/// state.
struct AuditHashes {
    let store: VaultStore
    /// How many entries there are.
    let size: UInt64

    /// A tile holds the hashes of so many neighbours: 2⁸, so a level of tiles is eight levels of the tree.
    static let tileWidth: UInt64 = 256
    private static let tileHeight = 8

    /// The root of the perfect subtree of 2^`height` leaves that begins at leaf `index` × 2^`height`; the tree has all of
    /// them.
    ///
    /// - Throws: code `damaged` when a tile or a row is missing.
    func hash(height: Int, index: UInt64) throws(VaultError) -> [UInt8] {
        let (level, above) = height.quotientAndRemainder(dividingBy: Self.tileHeight)
        let first = index << above
        if isComplete(level: level, first / Self.tileWidth) {
            let tile = try storedTile(level: level, first / Self.tileWidth)
            let start = Int(first % Self.tileWidth)
            return Self.root(of: (start..<start + 1 << above).map { Array(tile[32 * $0..<32 * ($0 + 1)]) })
        }
        guard level == 0 else {
            return AuditTree.node(
                try hash(height: height - 1, index: 2 * index), try hash(height: height - 1, index: 2 * index + 1))
        }
        return Self.root(of: try leaves(from: first, count: 1 << above))
    }

    /// Whether there are all the entries that a tile is about; what lies there otherwise is nobody's.
    private func isComplete(level: Int, _ n: UInt64) -> Bool {
        let height = UInt64(Self.tileHeight * (level + 1))
        return height < UInt64(UInt64.bitWidth) && n < size >> height
    }

    private func storedTile(level: Int, _ n: UInt64) throws(VaultError) -> [UInt8] {
        do throws(VaultError) {
            if let tile = try store.tile(level: level, n), tile.count == 32 * Int(Self.tileWidth) { return tile }
        } catch {
            guard error.code == .damaged else { throw error }
        }
        // The rows are not looked at instead: that would take as long as the record is.
        throw VaultError(
            .damaged, "tile \(n) of level \(level) of the audit's tree is missing or damaged",
            hint: AuditFinding.reindexing)
    }

    /// The hashes of the rows from number `first` on.
    func leaves(from first: UInt64, count: Int) throws(VaultError) -> [[UInt8]] {
        var leaves: [[UInt8]] = []
        try store.forEachAudit(from: first) { (row) throws(VaultError) in
            leaves.append(AuditTree.leaf(row))
            return leaves.count < count
        }
        guard leaves.count == count else { throw .damaged("audit entry \(first + UInt64(leaves.count)) is missing") }
        return leaves
    }

    /// - Parameter hashes: as many as a power of two.
    private static func root(of hashes: [[UInt8]]) -> [UInt8] {
        var hashes = hashes
        while hashes.count > 1 {
            hashes = stride(from: 0, to: hashes.count, by: 2).map { AuditTree.node(hashes[$0], hashes[$0 + 1]) }
        }
        return hashes[0]
    }

    /// The tree of the first `size` entries; the tree has all of them.
    ///
    /// - Throws: code `damaged` when a row is missing.
    func tree(of size: UInt64) throws(VaultError) -> AuditTree? {
        var frontier: [[UInt8]] = []
        var first: UInt64 = 0
        for height in (0..<UInt64.bitWidth).reversed() where size >> UInt64(height) & 1 == 1 {
            frontier.append(try hash(height: height, index: first >> UInt64(height)))
            first += 1 << UInt64(height)
        }
        return AuditTree(size: size, frontier: frontier)
    }

    // MARK: Tiles

    /// Stores the tiles that are complete since the tree has `size` leaves; the rows are there.
    ///
    /// - Parameter lowest: the one of the lowest level, where it is known.
    func storeTiles(completedAt size: UInt64, lowest: [UInt8]?) throws(VaultError) {
        var (level, count) = (0, size)
        while count > 0, count.isMultiple(of: Self.tileWidth) {
            count /= Self.tileWidth
            let tile = if level == 0, let lowest { lowest } else { try tile(level: level, count - 1) }
            try store.put(tile: tile, level: level, count - 1)
            level += 1
        }
    }

    /// Whether the tile of that place holds what follows from those below it.
    func isRight(level: Int, _ n: UInt64) throws(VaultError) -> Bool {
        do throws(VaultError) {
            return try store.tile(level: level, n) == tile(level: level, n)
        } catch {
            // It is no blob of that length.
            guard error.code == .damaged else { throw error }
            return false
        }
    }

    /// What the tile of that place must hold.
    func tile(level: Int, _ n: UInt64) throws(VaultError) -> [UInt8] {
        if level == 0 {
            return try leaves(from: n * Self.tileWidth, count: Int(Self.tileWidth)).flatMap { $0 }
        }
        var tile: [UInt8] = []
        for index in n * Self.tileWidth..<(n + 1) * Self.tileWidth {
            // Of the tile below: the one that is asked for may not be there yet, or be wrong.
            let below = try storedTile(level: level - 1, index)
            tile += Self.root(of: stride(from: 0, to: below.count, by: 32).map { Array(below[$0..<$0 + 32]) })
        }
        return tile
    }
}
