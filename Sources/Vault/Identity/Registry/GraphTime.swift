internal import FoundationEssentials

/// Times as Graph writes them (ISO 8601).
enum GraphTime {
    /// - Parameter text: in UTC, with or without a fraction of a second.
    /// - Returns: nil for anything else.
    static func date(_ text: String?) -> Date? {
        guard let text, text.utf8.count <= 40, text.hasSuffix("Z") else { return nil }
        let whole = text.dropLast().prefix { $0 != "." }
        do {
            return try Date("\(whole)Z", strategy: .iso8601)
        } catch {
            // Not a time: then it tells none, which is what nil says.
            return nil
        }
    }

    static func text(_ date: Date) -> String { date.formatted(.iso8601) }

    /// A duration such as `P90D` or `P1Y6M`, in seconds; a year has 365 days here and a month 30, so that no more is
    /// promised than is allowed.
    ///
    /// - Returns: nil for anything else.
    static func duration(_ text: String) -> TimeInterval? {
        guard text.hasPrefix("P"), text.utf8.count <= 40, text.last?.isLetter == true, text != "P" else { return nil }
        var seconds: TimeInterval = 0
        var digits = ""
        var isTime = false
        for character in text.dropFirst() {
            switch character {
            case "T": isTime = true
            case "0"..."9": digits.append(character)
            default:
                let units: [Character: TimeInterval] =
                    isTime
                    ? ["H": 3600, "M": 60, "S": 1] : ["Y": 365 * 86400, "M": 30 * 86400, "W": 7 * 86400, "D": 86400]
                guard let unit = units[character], let count = TimeInterval(digits) else { return nil }
                seconds += count * unit
                digits = ""
            }
        }
        // A century is more than any policy means.
        return digits.isEmpty && seconds <= 100 * 365 * 86400 ? seconds : nil
    }
}
