internal import FoundationEssentials

/// The `Retry-After` field (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// - Returns: whole seconds from `now`, not less than 0 and not more than a day; nil for what is neither a number
    ///   of seconds nor an HTTP date.
    static func seconds(_ field: String, now: Date) -> Int? {
        if !field.isEmpty, field.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) {
            return min(Int(field) ?? longest, longest)
        }
        guard let date = date(field) else { return nil }
        return Int(min(max(date.timeIntervalSince(now).rounded(.up), 0), Double(longest)))
    }

    private static let longest = 86_400
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, the one form that senders may still produce (RFC 9110, section 5.6.7).
    static func date(_ field: String) -> Date? {
        let parts = field.split(separator: " ")
        guard parts.count == 6, parts[0].hasSuffix(","), parts[5] == "GMT", parts[1].utf8.count == 2,
            let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        do {
            return try Date("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z", strategy: .iso8601)
        } catch {
            // Not a date: the field then says nothing, which is what nil tells.
            return nil
        }
    }
}
