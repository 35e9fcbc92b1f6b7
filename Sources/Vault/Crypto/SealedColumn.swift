/// The place of a sealed column, all of which goes into its key.
struct SealedPlace: Sendable {
    enum Column: UInt8, Sendable {
        case meta = 0
        case secret = 0x80
    }

    var table: VaultTable
    var column: Column
    /// 16 bytes that name the row; FORMAT.md says which for tables without an id.
    var rowID: [UInt8]

    /// The row id of the tables that have one row.
    static let singleRowID = [UInt8](repeating: 0, count: 16)

    /// The row id of an audit entry.
    static func auditRowID(_ sequence: UInt64) -> [UInt8] {
        Array("audit".utf8) + [0, 0, 0] + sequence.littleEndianBytes
    }

    /// The row id of a segment of the audit's index.
    static func auditIndexRowID(_ segment: UInt64) -> [UInt8] {
        Array("index".utf8) + [0, 0, 0] + segment.littleEndianBytes
    }

    /// The one column of an audit entry.
    static func audit(_ sequence: UInt64) -> SealedPlace {
        SealedPlace(table: .audit, column: .meta, rowID: auditRowID(sequence))
    }
}

/// The 16 bytes before the nonce.
struct SealedHeader: Sendable, Equatable {
    static let length = 16
    static let format: UInt8 = 1

    var epoch: UInt32
    var version: UInt64

    init(epoch: UInt32, version: UInt64) {
        self.epoch = epoch
        self.version = version
    }

    func bytes(at place: SealedPlace) -> [UInt8] {
        [Self.format, place.table.rawValue | place.column.rawValue, 0, 0]
            + epoch.littleEndianBytes + version.littleEndianBytes
    }

    /// Reads the header of `column`; nil unless it is one of this place.
    init?(_ column: [UInt8], at place: SealedPlace) {
        guard column.count >= Self.length else { return nil }
        epoch = UInt32(littleEndianBytes: column[4..<8])
        version = UInt64(littleEndianBytes: column[8..<16])
        guard column[..<Self.length].elementsEqual(bytes(at: place)) else { return nil }
    }
}
