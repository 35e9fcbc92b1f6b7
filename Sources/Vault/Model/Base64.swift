internal import FoundationEssentials

extension [UInt8] {
    /// Standard base64 (RFC 4648, section 4), padded.
    public var base64: String { Data(self).base64EncodedString() }

    /// - Returns: nil unless `text` is what ``base64`` makes of some bytes: there is one spelling of each.
    public init?(base64 text: some StringProtocol) {
        guard let data = Data(base64Encoded: String(text)), data.base64EncodedString().utf8.elementsEqual(text.utf8)
        else { return nil }
        self = Array(data)
    }
}
