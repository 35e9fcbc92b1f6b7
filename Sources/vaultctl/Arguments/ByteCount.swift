import ArgumentParser

/// An amount of memory as it is typed: `256MiB`, `1GiB`, `65536KiB`, or bytes.
struct ByteCount: Equatable {
    var bytes: UInt64

    /// Nil unless `text` is a whole number, with `KiB`, `MiB` or `GiB` behind it or nothing.
    init?(_ text: String) {
        let units: [(String, UInt64)] = [("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30)]
        let lowered = text.lowercased()
        let unit = units.first { lowered.hasSuffix($0.0) }
        let digits = lowered.dropLast(unit?.0.count ?? 0)
        guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt64(digits)
        else {
            return nil
        }
        let (product, overflow) = number.multipliedReportingOverflow(by: unit?.1 ?? 1)
        guard !overflow else { return nil }
        bytes = product
    }
}

extension ByteCount: ExpressibleByArgument {
    init?(argument: String) { self.init(argument) }
}
