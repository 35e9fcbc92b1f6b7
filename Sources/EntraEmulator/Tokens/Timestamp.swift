import FoundationEssentials

/// Times as the endpoints write them.
enum Timestamp {
    /// `2026-01-31 23:59:59Z`.
    static func spaced(_ date: Date) -> String {
        Date.ISO8601FormatStyle(dateTimeSeparator: .space).format(date)
    }

    /// `Sat, 31 Jan 2026 23:59:59 GMT` (RFC 9110, section 5.6.7).
    static func http(_ date: Date) -> String {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // The first day of the epoch was a Thursday; rounding down keeps the index right before it, too.
        let day = Int((date.timeIntervalSince1970 / 86_400).rounded(.down))
        let weekday = weekdays[(day % 7 + 7) % 7]
        let parts = date.ISO8601Format().split { !$0.isNumber }
        // ISO 8601 in full has six numbers, and its month lies between 1 and 12.
        guard parts.count == 6, let month = Int(parts[1]), (1...12).contains(month) else { return "" }
        return "\(weekday), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) GMT"
    }
}
