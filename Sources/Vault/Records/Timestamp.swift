package import FoundationEssentials

/// Times as the format has them: Unix milliseconds, 0 for none.
extension Date {
    package init?(milliseconds: Int64) {
        guard milliseconds != 0 else { return nil }
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }

    package var milliseconds: Int64 { Int64((timeIntervalSince1970 * 1000).rounded()) }
}

extension String {
    /// The format has an empty string for an absent one.
    package var nonEmpty: String? { isEmpty ? nil : self }
}
