/// What a row is looked up by without telling what that is: 32 bytes of a keyed hash.
struct RowTag: Sendable, Hashable {
    let bytes: [UInt8]
}
