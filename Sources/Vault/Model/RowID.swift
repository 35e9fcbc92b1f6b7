/// The 16 random bytes that name a row: a profile, a token, a rotation or a setting.
public struct RowID: Sendable, Hashable, CustomStringConvertible {
    public let bytes: [UInt8]

    /// - Returns: nil unless there are 16 bytes.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        self.bytes = bytes
    }

    /// Lower-case hexadecimal.
    public var description: String { bytes.hexadecimal }
}
