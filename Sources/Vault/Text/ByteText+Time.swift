package import FoundationEssentials

extension ByteText {
    /// Appends `2026-11-22T15:11:21Z`, or with `.000` before the Z.
    package mutating func append(rfc3339 date: Date, milliseconds: Bool = false) {
        let moment = CivilTime(date)
        append(padded: moment.year, width: 4)
        append(UInt8(ascii: "-"))
        append(twoDigits: moment.month)
        append(UInt8(ascii: "-"))
        append(twoDigits: moment.day)
        append(UInt8(ascii: "T"))
        append(twoDigits: moment.hour)
        append(UInt8(ascii: ":"))
        append(twoDigits: moment.minute)
        append(UInt8(ascii: ":"))
        append(twoDigits: moment.second)
        if milliseconds {
            append(UInt8(ascii: "."))
            append(padded: moment.millisecond, width: 3)
        }
        append(UInt8(ascii: "Z"))
    }

    /// Appends a distance in its largest unit: `in 23 days`, `3 hours ago`, `now`.
    package mutating func append(relative date: Date, to now: Date) {
        let seconds = (date.timeIntervalSince1970 - now.timeIntervalSince1970).rounded()
        guard abs(seconds) >= 1 else { return append("now") }
        if seconds > 0 { append("in ") }
        append(length: abs(seconds))
        if seconds < 0 { append(" ago") }
    }

    /// Appends a length of time in its largest unit, rounded down: `59 minutes`.
    package mutating func append(length seconds: TimeInterval) {
        let units: [(TimeInterval, String)] = [
            (2 * 365 * 86400, "year"), (2 * 86400, "day"), (7200, "hour"), (120, "minute"), (0, "second"),
        ]
        let sizes: [TimeInterval] = [365 * 86400, 86400, 3600, 60, 1]
        // The last unit's threshold is 0, so that one always fits; beyond the range of Int64 nothing is meant.
        let index = units.firstIndex { seconds >= $0.0 } ?? units.count - 1
        let count = Int64(max(0, min(seconds / sizes[index], 1e15)))
        append(number: count)
        append(UInt8(ascii: " "))
        append(units[index].1)
        if count != 1 { append(UInt8(ascii: "s")) }
    }

    private mutating func append(twoDigits number: Int64) {
        append(UInt8(ascii: "0") + UInt8(number / 10 % 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}

extension Date {
    /// RFC 3339 in UTC.
    package var rfc3339: String {
        var text = ByteText()
        text.append(rfc3339: self)
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
