import FoundationEssentials
import Testing

@testable import Vault

struct GraphTimeTests {
    @Test(arguments: [
        ("2027-03-01T12:00:00Z", 1_803_902_400.0), ("2027-03-01T12:00:00.3086381Z", 1_803_902_400.0),
    ])
    func `times are read with and without a fraction`(text: String, seconds: Double) {
        #expect(GraphTime.date(text)?.timeIntervalSince1970 == seconds)
    }

    @Test(arguments: [
        "", "2027-03-01", "tomorrow", "2027-03-01T12:00:00+02:00", String(repeating: "1", count: 99) + "Z",
    ])
    func `what is no time in UTC tells none`(text: String) {
        #expect(GraphTime.date(text) == nil)
    }

    @Test(arguments: [("P90D", 90.0), ("P1Y", 365), ("P1Y6M", 545), ("P2W", 14), ("P1DT12H", 1.5), ("PT0S", 0)])
    func `durations are read so that none is too long`(text: String, days: Double) {
        #expect(GraphTime.duration(text) == days * 86400)
    }

    @Test(arguments: ["", "90D", "P", "P9", "PD", "P1H", "PT1D", "P-1D"])
    func `what is no duration tells none`(text: String) {
        #expect(GraphTime.duration(text) == nil)
    }
}
