package import FoundationEssentials

/// A moment in the Gregorian calendar, UTC.
///
/// Counted by hand (days from civil, by Howard Hinnant): a calendar object for each of a hundred thousand rows takes
/// longer than everything else about them.
package struct CivilTime: Equatable {
    package var year: Int64
    /// 1 to 12.
    package var month: Int64
    /// 1 to 31.
    package var day: Int64
    package var hour: Int64 = 0
    package var minute: Int64 = 0
    package var second: Int64 = 0
    package var millisecond: Int64 = 0

    package init(
        year: Int64, month: Int64, day: Int64, hour: Int64 = 0, minute: Int64 = 0, second: Int64 = 0,
        millisecond: Int64 = 0
    ) {
        self.year = year
        self.month = month
        self.day = day
        self.hour = hour
        self.minute = minute
        self.second = second
        self.millisecond = millisecond
    }
}

extension CivilTime {
    package init(_ date: Date) {
        // Years 0 to 9999 are what RFC 3339 can write.
        let bounded = min(max(date.timeIntervalSince1970, -62_167_219_200), 253_402_300_799)
        // Half a millisecond guards against a stored 0.123 that comes back as 0.12299999.
        let milliseconds = Int64(((bounded * 1000) + 0.5).rounded(.down))
        let seconds = milliseconds.floored(by: 1000)
        let days = seconds.floored(by: 86400)
        let rest = seconds - days * 86400
        self.init(days: days)
        hour = rest / 3600
        minute = rest / 60 % 60
        second = rest % 60
        millisecond = milliseconds - seconds * 1000
    }

    /// The day that lies `days` after 1 January 1970.
    package init(days: Int64) {
        let shifted = days + 719_468
        let era = shifted.floored(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Days since 1 January 1970.
    package var days: Int64 {
        let shiftedYear = month <= 2 ? year - 1 : year
        let era = shiftedYear.floored(by: 400)
        let yearOfEra = shiftedYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package var date: Date {
        let seconds = days * 86400 + hour * 3600 + minute * 60 + second
        return Date(timeIntervalSince1970: Double(seconds) + Double(millisecond) / 1000)
    }

    /// Whether every field is in its range, the day in that of its month.
    package var isValid: Bool {
        guard (1...12).contains(month), (1...31).contains(day), (0...9999).contains(year), (0...23).contains(hour),
            (0...59).contains(minute), (0...59).contains(second)
        else { return false }
        let again = CivilTime(days: days)
        return again.month == month && again.day == day
    }
}

extension Int64 {
    /// Division that rounds down.
    fileprivate func floored(by divisor: Int64) -> Int64 {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
