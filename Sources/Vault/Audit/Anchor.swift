/// What this machine last saw of a vault, kept outside the vault's file (FORMAT.md, anchor): it is how a file that was put
/// back as a whole, or written on two machines, is found.
struct Anchor: Sendable, Equatable {
    let vaultID: [UInt8]
    let transactions: UInt64
    let tree: AuditTree

    private static let magic = Array("VLTANCH1".utf8)
    private static let headLength = 48
    private static let tagLength = 32
    /// A tree of 2⁶⁴ leaves has 64 hashes.
    static let longest = headLength + 64 * 32 + tagLength

    init(vaultID: [UInt8], _ state: VaultState) {
        self.vaultID = vaultID
        transactions = state.transactions
        tree = state.tree
    }

    func bytes(key: borrowing SecretBytes) -> [UInt8] {
        var bytes = Self.magic + vaultID + transactions.littleEndianBytes + tree.size.littleEndianBytes
        bytes += UInt32(tree.frontier.count).littleEndianBytes + [0, 0, 0, 0]
        bytes += tree.frontier.flatMap { $0 }
        return bytes + Self.tag(bytes, key)
    }

    /// - Returns: nil unless these are the bytes of an anchor of this vault, made with this key.
    init?(_ bytes: [UInt8], vaultID: [UInt8], key: borrowing SecretBytes) {
        guard bytes.count >= Self.headLength + Self.tagLength, bytes[..<8].elementsEqual(Self.magic),
            bytes[8..<24].elementsEqual(vaultID)
        else { return nil }
        let hashes = Int(UInt32(littleEndianBytes: bytes[40..<44]))
        guard hashes <= 64, bytes.count == Self.headLength + hashes * 32 + Self.tagLength,
            bytes[44..<48].allSatisfy({ $0 == 0 })
        else { return nil }
        let content = Array(bytes.dropLast(Self.tagLength))
        guard constantTimeEqual(Self.tag(content, key), Array(bytes.suffix(Self.tagLength))) else { return nil }
        let frontier = (0..<hashes).map { Array(bytes[Self.headLength + 32 * $0..<Self.headLength + 32 * ($0 + 1)]) }
        guard let tree = AuditTree(size: UInt64(littleEndianBytes: bytes[32..<40]), frontier: frontier) else {
            return nil
        }
        self.vaultID = vaultID
        transactions = UInt64(littleEndianBytes: bytes[24..<32])
        self.tree = tree
    }

    /// The same for bytes that were found where this machine's anchor lies.
    ///
    /// - Throws: code `damaged`.
    init(read bytes: [UInt8], _ keyring: Keyring) throws(VaultError) {
        guard let anchor = Anchor(bytes, vaultID: keyring.vaultID, key: keyring.anchorKey) else {
            throw VaultError(
                .damaged, "the vault's anchor on this machine is damaged",
                hint: "if you know why: vaultctl audit anchor accept --reason TEXT")
        }
        self = anchor
    }

    private static func tag(_ content: [UInt8], _ key: borrowing SecretBytes) -> [UInt8] {
        var hash = Blake2b(key: key)
        hash.update("vault.anchor.v1")
        hash.update(content)
        return hash.finish()
    }

    /// Checks that the vault went on from where this anchor saw it.
    ///
    /// - Parameter snapshot: read after the anchor was read, so that it cannot lie behind a vault that is in use.
    /// - Throws: code `damaged` that says *rolled back* or *forked*.
    func check(_ snapshot: Snapshot) throws(VaultError) {
        let state = snapshot.state
        guard state.transactions >= transactions, state.tree.size >= tree.size else {
            throw VaultError(
                .damaged,
                "the vault was rolled back: this machine has seen \(tree.size) entries and \(transactions) transactions, "
                    + "the file has \(state.tree.size) and \(state.transactions)",
                hint: "if you restored it yourself: vaultctl audit anchor accept --reason TEXT")
        }
        var tree = self.tree
        if tree.size < state.tree.size {
            try snapshot.store.forEachAudit(from: tree.size) { (row) throws(VaultError) in
                tree.append(row)
                return tree.size < state.tree.size
            }
        }
        guard tree == state.tree, state.transactions > transactions || self.tree.size == state.tree.size else {
            throw VaultError(
                .damaged,
                "the vault was forked: its audit does not continue the \(self.tree.size) entries this machine has seen",
                hint: "it was written on two machines, or restored and written; "
                    + "to go on with this file: vaultctl audit anchor accept --reason TEXT")
        }
    }
}
