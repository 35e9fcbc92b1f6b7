import Testing
import Vault
@testable import vaultctl

struct ExaminationTests {
    @Test func `every check has a name of its own`() {
        let names = Checkup.standard.examinations.map { type(of: $0).name }
        #expect(Set(names).count == names.count)
        #expect(names.count == 28)
    }

    @Test func `what could not be looked at is not well`() {
        let verdicts = Diagnosis.Verdict.allCases.filter { Diagnosis(verdict: $0, found: "").isHarmless }
        #expect(verdicts == [.ok, .skipped])
    }

    @Test func `places of swap, and their devices`() {
        let table = """
            Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority
            /dev/dm-1                               partition\t8388604\t\t0\t\t-2
            /swap.img                               file    \t4194300\t\t0\t\t-3
            """
        let places = SwapPlace.list(table)
        #expect(places.map(\.path) == ["/dev/dm-1", "/swap.img"])
        #expect(places.map(\.device) == ["dm-1", nil])
        #expect(SwapPlace.list("") == [])
    }

    @Test(
        arguments: [
            ("Dropbox", true), ("onedrive", true), ("OneDrive - Contoso", true), ("onedrives", false), ("vault", false),
        ])
    func `folders that are synchronized are known by name`(name: String, isKnown: Bool) {
        #expect(SyncedFolder.isNamed(name) == isKnown)
    }

    @Test(arguments: [(31.0, Diagnosis.Verdict.warning), (300, .warning), (301, .problem)])
    func `how far clocks may be apart`(apart: Double, verdict: Diagnosis.Verdict) {
        let behind = ClockDifference(host: "login.example", ahead: apart, apart: apart).diagnosis
        #expect(behind.verdict == verdict)
        #expect(behind.found.contains("behind that of login.example"))
        #expect(
            ClockDifference(host: "login.example", ahead: -apart, apart: apart).diagnosis.found.contains("ahead of"))
    }

    @Test func `a guess costs less than today's where it takes less work, or little memory`() {
        #expect(!DerivationCost.standard.isBelowToday)
        #expect(DerivationCost.floor.isBelowToday)
        #expect(!DerivationCost(passes: 2, memory: 512 << 20).isBelowToday)
        #expect(DerivationCost(passes: 12, memory: 64 << 20).isBelowToday)
    }
}
