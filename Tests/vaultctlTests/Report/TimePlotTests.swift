import FoundationEssentials
import Testing
import Vault
@testable import vaultctl

struct TimePlotTests {
    private func tally(_ issued: Int) -> AuditTally {
        var tally = AuditTally(at: Date(timeIntervalSince1970: 0))
        let caller = Caller(uid: 0, pid: 1, user: "ada", host: "desk", claimedExecutables: [])
        for _ in 0..<issued {
            tally.add(
                AuditEvent(
                    time: Date(timeIntervalSince1970: 0), action: .issue, outcome: .ok, caller: caller,
                    source: .provider))
        }
        return tally
    }

    /// No stretch of time makes more columns than can be told apart, and none loses an entry.
    @Test(
        arguments: [(1, 1), (92, 1), (93, 7), (644, 7), (645, 28), (2577, 91), (8372, 91), (8373, 92)]
            as [(Int64, Int64)])
    func `columns stand for as many days as it takes`(span: Int64, width: Int64) {
        var days = [Int64(20_000): tally(2)]
        if span > 1 { days[20_000 + span - 1] = tally(3) }
        let plot = TimePlot(title: "t", days: days)
        #expect(plot.width == width)
        #expect(plot.stacks.count <= 92)
        #expect(plot.stacks.map(\.total).reduce(0, +) == (span == 1 ? 2 : 5))
        #expect(plot.stacks.first?.day == 20_000)
    }

    @Test func `without a day there is no column`() {
        #expect(TimePlot(title: "t", days: [:]).stacks.isEmpty)
    }
}
