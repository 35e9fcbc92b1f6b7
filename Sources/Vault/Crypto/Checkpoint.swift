/// How many entries the record has and the root of their tree: what a checkpoint signs (c2sp.org/tlog-checkpoint).
struct Checkpoint: Sendable, Equatable {
    /// Which vault it is of.
    let origin: String
    let size: UInt64
    /// 32 bytes.
    let root: [UInt8]

    /// There is one at least every so many entries.
    static let interval: UInt64 = 1000

    init(vaultID: [UInt8], size: UInt64, root: [UInt8]) {
        origin = Self.origin(ofVault: vaultID)
        self.size = size
        self.root = root
    }

    init(vaultID: [UInt8], _ tree: AuditTree) {
        self.init(vaultID: vaultID, size: tree.size, root: tree.root)
    }

    static func origin(ofVault id: [UInt8]) -> String { "vaultctl/" + id.hexadecimal }

    /// Three lines: origin, size, root.
    var text: String { "\(origin)\n\(size)\n\(root.base64)\n" }

    /// Reads the text of a note.
    ///
    /// - Returns: nil unless it is written just as ``text`` writes it; C2SP's extension lines are in none of ours.
    init?(parsing text: String) {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count == 4, let origin = String(lines[0]), !origin.isEmpty,
            let size = String(lines[1]).flatMap({ UInt64($0) }),
            let root = String(lines[2]).flatMap([UInt8].init(base64:)),
            root.count == 32
        else { return nil }
        self.origin = origin
        self.size = size
        self.root = root
        guard self.text.utf8.elementsEqual(text.utf8) else { return nil }
    }
}
