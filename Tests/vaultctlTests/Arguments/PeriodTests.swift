import FoundationEssentials
import Testing
import Vault

@testable import vaultctl

struct PeriodTests {
    @Test(arguments: [
        ("90s", 90), ("10m", 600), ("24h", 86400), ("7d", 604_800), ("1h30m", 5400), ("1d1s", 86401), ("0s", 0),
    ])
    func `a number with a unit is a length of time`(text: String, seconds: Double) {
        #expect(Period(text)?.seconds == seconds)
    }

    @Test(arguments: ["", "10", "m", "1m1h", "1h1h", "-5m", "1.5h", "5 m", "1w", "99999999999d", "٣m"])
    func `anything else is refused`(text: String) {
        #expect(Period(text) == nil)
    }

    @Test(arguments: [(300.0, "5m"), (30, "30s"), (86400, "24h"), (604_800, "7d"), (3600, "60m")])
    func `defaults read as they are typed`(seconds: Double, text: String) {
        #expect(Period(seconds: seconds).defaultValueDescription == text)
    }
}

struct ByteCountTests {
    @Test(arguments: [
        ("256MiB", 256 << 20), ("1GiB", 1 << 30), ("65536KiB", 64 << 20), ("4096", 4096), ("64mib", 64 << 20),
    ])
    func `a number with a unit is a size`(text: String, bytes: UInt64) {
        #expect(ByteCount(text)?.bytes == bytes)
    }

    @Test(arguments: ["", "MiB", "1MB", "1.5GiB", "-1", "99999999999999999999", "18446744073709551615GiB"])
    func `no other size is`(text: String) {
        #expect(ByteCount(text) == nil)
    }
}

struct MomentTests {
    @Test(arguments: [
        ("1970-01-01", 0.0), ("2027-03-01", 1_803_859_200), ("2024-02-29T12:00:00Z", 1_709_208_000),
        ("2026-11-22T16:11:21+01:00", 1_795_360_281), ("2026-11-22t15:11:21.250z", 1_795_360_281.25),
        ("2026-11-22T09:41:21-05:30", 1_795_360_281),
    ])
    func `dates are UTC unless they say otherwise`(text: String, seconds: Double) {
        #expect(Moment(text)?.date == Date(timeIntervalSince1970: seconds))
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-1-1", "2026-11-22T15:11:21", "2026-11-22T25:00:00Z", "yesterday", "",
        "2026-11-22Z", "2026-11-22T15:11:21.Z",
    ])
    func `days that are not in the calendar are refused`(text: String) {
        #expect(Moment(text) == nil)
    }

    @Test func `since takes a date or how long ago`() {
        let now = Date(timeIntervalSince1970: 1_000_000)
        #expect(Since(argument: "24h")?.date(now: now) == Date(timeIntervalSince1970: 913_600))
        #expect(Since(argument: "1970-01-02")?.date(now: now) == Date(timeIntervalSince1970: 86400))
        #expect(Since(argument: "soon") == nil)
    }
}
