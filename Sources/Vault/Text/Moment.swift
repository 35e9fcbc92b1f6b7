package import FoundationEssentials

/// A date as it is written by hand: `2027-03-01` (its first moment in UTC), or RFC 3339 with a zone.
package struct Moment: Equatable {
    package var date: Date

    /// Nil unless `text` is such a date, and one that the calendar has.
    package init?(_ text: String) {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits else { return nil }
            let part = rest.prefix(digits)
            guard part.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
            rest = rest.dropFirst(digits)
            return part.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        func skip(_ allowed: String) -> UInt8? {
            guard let byte = rest.first, allowed.utf8.contains(byte) else { return nil }
            rest = rest.dropFirst()
            return byte
        }
        guard let year = number(4), skip("-") != nil, let month = number(2), skip("-") != nil, let day = number(2)
        else { return nil }
        var time = CivilTime(year: year, month: month, day: day)
        guard !rest.isEmpty else {
            guard time.isValid else { return nil }
            date = time.date
            return
        }
        guard skip("Tt ") != nil, let hour = number(2), skip(":") != nil, let minute = number(2), skip(":") != nil,
            let second = number(2)
        else { return nil }
        (time.hour, time.minute, time.second) = (hour, minute, second)
        if skip(".") != nil {
            let digits = rest.prefix { (0x30...0x39).contains($0) }
            guard !digits.isEmpty, digits.count <= 9 else { return nil }
            rest = rest.dropFirst(digits.count)
            let padded = (Array(digits) + [0x30, 0x30, 0x30]).prefix(3)
            time.millisecond = padded.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
        }
        var offset: Int64 = 0
        guard let zone = skip("Zz+-") else { return nil }
        if zone == UInt8(ascii: "+") || zone == UInt8(ascii: "-") {
            guard let hours = number(2), skip(":") != nil, let minutes = number(2), hours < 24, minutes < 60 else {
                return nil
            }
            offset = (hours * 60 + minutes) * 60 * (zone == UInt8(ascii: "-") ? -1 : 1)
        }
        guard rest.isEmpty, time.isValid else { return nil }
        date = Date(timeIntervalSince1970: time.date.timeIntervalSince1970 - TimeInterval(offset))
    }
}
