/// A row as it is stored: sealed columns, and nothing that tells what they are. An absent column is empty.
struct SealedRow: Sendable, Equatable {
    var id: [UInt8]
    var tag: [UInt8]
    var meta: [UInt8]
    var secret: [UInt8]

    init(id: [UInt8], tag: [UInt8] = [], meta: [UInt8], secret: [UInt8] = []) {
        self.id = id
        self.tag = tag
        self.meta = meta
        self.secret = secret
    }
}

/// An entry of the audit as it is stored.
public struct SealedAuditRow: Sendable, Equatable {
    public var sequence: UInt64
    public var meta: [UInt8]
    /// 16 bytes.
    public var seal: [UInt8]
}
