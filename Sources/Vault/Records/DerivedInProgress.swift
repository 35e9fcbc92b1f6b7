/// What the next tile of the audit's tree and the next segment of its index will be made of, taken in entry by entry: so
/// whoever appends the last need not read all of their rows again while others wait.
///
/// It is about the entries that followed one another up to the last that it was told of. Where another process has
/// appended some in between, the tile and the segment that those belong to are made of the rows.
struct DerivedInProgress: Sendable {
    /// Number of the entry that is expected next.
    private var next: UInt64 = 0
    /// Of the tile, from its first entry on; nil when that was not seen.
    private var leaves: [UInt8]?
    /// The same for the segment.
    private var builder: AuditSegment.Builder?

    /// Takes in an entry.
    ///
    /// - Parameter content: as it is written.
    mutating func append(_ number: UInt64, leaf: [UInt8], _ content: RawSpan) {
        if number != next { (leaves, builder) = (nil, nil) }
        next = number + 1
        if number.isMultiple(of: AuditHashes.tileWidth) { leaves = [] }
        leaves?.append(contentsOf: leaf)
        if number.isMultiple(of: AuditSegment.width) { builder = AuditSegment.Builder() }
        guard builder != nil else { return }
        if let told = AuditWireForm.told(content) {
            builder?.add(told, in: content, UInt16(number % AuditSegment.width))
        } else {
            // It has to be decoded, as when it is read.
            builder = nil
        }
    }

    /// The tile of the lowest level that ends with the entry taken in last; nil where it has to be made of the rows.
    var tile: [UInt8]? { next.isMultiple(of: AuditHashes.tileWidth) ? leaves : nil }

    /// The segment that ends with the entry taken in last; nil where it has to be made of the rows.
    var segment: AuditSegment? { next.isMultiple(of: AuditSegment.width) ? builder?.segment : nil }
}
