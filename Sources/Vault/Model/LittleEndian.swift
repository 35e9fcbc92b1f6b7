extension FixedWidthInteger {
    /// The bytes in little-endian order, as the format writes integers.
    @inlinable package var littleEndianBytes: [UInt8] {
        (0..<(Self.bitWidth / 8)).map { UInt8(truncatingIfNeeded: self >> ($0 * 8)) }
    }

    /// The integer that `bytes` spell in little-endian order.
    @inlinable package init(littleEndianBytes bytes: some Sequence<UInt8>) {
        var value: Self = 0
        for (index, byte) in bytes.enumerated() where index < Self.bitWidth / 8 {
            value |= Self(truncatingIfNeeded: byte) << (index * 8)
        }
        self = value
    }
}

extension Array<UInt8> {
    /// `L(x)` of the format: the length as u32, then the bytes.
    var lengthPrefixed: [UInt8] { UInt32(count).littleEndianBytes + self }
}
