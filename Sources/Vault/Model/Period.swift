public import FoundationEssentials

/// A length of time as people write it: `90s`, `10m`, `24h`, `7d`, `1h30m`.
public struct Period: Equatable, Sendable, CustomStringConvertible {
    public var seconds: TimeInterval

    public init(seconds: TimeInterval) { self.seconds = seconds }

    /// Nil unless `text` is one or more numbers with a unit, each unit once, the larger ones first.
    public init?(_ text: String) {
        let units: [(Character, Int64)] = [("d", 86400), ("h", 3600), ("m", 60), ("s", 1)]
        var total: Int64 = 0
        var number: Int64?
        var allowed = units[...]
        for character in text {
            if character.isASCII, let digit = character.wholeNumberValue {
                guard (number ?? 0) < 1_000_000_000 else { return nil }
                number = (number ?? 0) * 10 + Int64(digit)
            } else {
                guard let count = number, let unit = allowed.first(where: { $0.0 == character }) else { return nil }
                total += count * unit.1
                allowed = units.drop { $0.1 >= unit.1 }
                number = nil
            }
        }
        guard number == nil, !text.isEmpty else { return nil }
        seconds = TimeInterval(total)
    }

    /// The same again, in the largest unit that fits; a day alone is `24h`.
    public var description: String {
        let units: [(Int64, String)] = [(86400, "d"), (3600, "h"), (60, "m")]
        let count = Int64(seconds)
        if let unit = units.first(where: { count >= 2 * $0.0 && count % $0.0 == 0 }) {
            return "\(count / unit.0)\(unit.1)"
        }
        return count > 0 && count % 86400 == 0 ? "24h" : "\(count)s"
    }
}
