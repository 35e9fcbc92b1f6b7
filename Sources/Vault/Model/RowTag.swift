/// What a row is looked up by without telling what that is: 32 bytes of a keyed hash.
package struct RowTag: Sendable, Hashable {
    let bytes: [UInt8]
}
