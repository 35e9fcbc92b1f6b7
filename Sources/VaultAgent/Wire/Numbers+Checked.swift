internal import FoundationEssentials
internal import Vault

/// Ten years in seconds: longer than whatever is asked for with good reason.
private let tenYears: TimeInterval = 10 * 366 * 86_400

extension TimeInterval {
    /// Seconds that a stranger sent.
    ///
    /// - Parameter what: names them in the error.
    /// - Throws: code `usage` unless they are from none to ten years.
    init(checked seconds: Double, _ what: String) throws(VaultError) {
        guard seconds.isFinite, (0...tenYears).contains(seconds) else {
            throw VaultError(.usage, "the \(what) is not between 0 seconds and 10 years")
        }
        self = seconds
    }
}

extension Date {
    /// A time that a stranger sent, in Unix milliseconds; nil for 0.
    ///
    /// - Throws: code `usage` unless it lies in the years 1 to 9999. What lies beyond could not be written down again.
    init?(checked milliseconds: Int64) throws(VaultError) {
        guard (-62_135_596_800_000...253_402_300_799_999).contains(milliseconds) else {
            throw VaultError(.usage, "a time is not between the years 1 and 9999")
        }
        self.init(milliseconds: milliseconds)
    }
}

extension UInt32 {
    /// Whole seconds, as near as they can be told.
    init(seconds: TimeInterval) {
        self = seconds > 0 ? UInt32(Swift.min(seconds.rounded(), Double(UInt32.max))) : 0
    }
}
