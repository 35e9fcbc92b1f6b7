package import FoundationEssentials

/// Times as the format has them: Unix milliseconds, 0 for none.
extension Date {
    /// Of the years 1 to 9999, which every calendar and every other program can tell.
    static let storableMilliseconds: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// - Returns: nil for none, and for a time that nobody can have meant.
    package init?(milliseconds: Int64) {
        guard milliseconds != 0, Self.storableMilliseconds.contains(milliseconds) else { return nil }
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    /// The nearest that can be stored.
    package var milliseconds: Int64 {
        let exact = (timeIntervalSince1970 * 1000).rounded()
        let range = Self.storableMilliseconds
        return Int64(min(max(exact, Double(range.lowerBound)), Double(range.upperBound)))
    }
}

extension String {
    /// The format has an empty string for an absent one.
    package var nonEmpty: String? { isEmpty ? nil : self }
}
