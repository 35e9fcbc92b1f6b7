/// The two ways to name a directory: its id, or a domain name verified for it.
enum TenantName {
    /// - Returns: whether `text` is a GUID or a domain name with a dot, and thus safe as one segment of a path.
    static func isValid(_ text: String) -> Bool {
        isGUID(text) || isDomain(text)
    }

    static func isGUID(_ text: String) -> Bool {
        let parts = text.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
        return parts.map(\.count) == [8, 4, 4, 4, 12]
            && parts.joined().allSatisfy { Character(Unicode.Scalar($0)).isHexDigit }
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.count >= 2
            && labels.allSatisfy { label in
                (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                    && label.allSatisfy { ShownText.isOfIdentifiers($0) && $0 != UInt8(ascii: "_") }
            }
    }
}
