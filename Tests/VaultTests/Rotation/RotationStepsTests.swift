import FoundationEssentials
import Testing

@testable import Vault

/// The state machine: every state with every event.
struct RotationStepsTests {
    static let now = Date(timeIntervalSince1970: 1_800_000_000)

    static func rotation(_ state: Rotation.State, removing: [String] = ["old"]) -> Rotation {
        Rotation(
            id: .random(), profile: .random(), state: state, startedAt: now.addingTimeInterval(-100), grace: 60,
            oldKeyID: "old", newKeyID: state == .planned ? nil : "new", isMadeHere: true, removing: removing)
    }

    static let events: [Rotation.Event] = [
        .made(keyID: "new"), .foundUnreadable(keyID: "lost"), .notMade, .verified, .promoted, .graceOver, .givenUp,
        .removed,
    ]

    /// What each state makes of each event, in the order above: the next state, `over`, or `–` where it cannot happen.
    static let table: [(Rotation.State, [String])] = [
        (.planned, ["obtained", "rolled-back", "over", "–", "–", "–", "–", "–"]),
        (.obtained, ["–", "–", "–", "verified", "–", "–", "rolled-back", "–"]),
        (.verified, ["–", "–", "–", "–", "promoted", "–", "rolled-back", "–"]),
        (.promoted, ["–", "–", "–", "–", "–", "retired", "rolled-back", "–"]),
        (.retired, ["–", "–", "–", "–", "–", "–", "–", "over"]),
        (.rolledBack, ["–", "–", "–", "–", "–", "–", "–", "over"]),
    ]

    @Test func `each state knows its events and no others`() throws {
        #expect(Set(Self.table.map(\.0)) == Set(Rotation.State.allCases))
        for (state, results) in Self.table {
            for (event, expected) in zip(Self.events, results) {
                let rotation = Self.rotation(state)
                let what = Comment(rawValue: "\(state.rawValue), \(event)")
                if expected == "–" {
                    let error = #expect(throws: VaultError.self, what) { try rotation.after(event, at: Self.now) }
                    #expect(error?.code == .internalError, what)
                    continue
                }
                let next = try rotation.after(event, at: Self.now)
                #expect(next?.state.rawValue ?? "over" == expected, what)
                #expect(next.map { $0.changedAt == Self.now } ?? true, what)
                #expect(next.map { $0.id == rotation.id && $0.startedAt == rotation.startedAt } ?? true, what)
            }
        }
    }

    @Test func `the grace begins with the turn and keeps the old credential`() throws {
        let promoted = try #require(try Self.rotation(.verified).after(.promoted, at: Self.now))
        #expect(promoted.graceUntil == Self.now.addingTimeInterval(60))
        #expect(promoted.step(at: Self.now.addingTimeInterval(59)) == .keep(until: Self.now.addingTimeInterval(60)))
        #expect(promoted.step(at: Self.now.addingTimeInterval(60)) == .remove)
        #expect(!promoted.isUnfinished(at: Self.now.addingTimeInterval(59)))
        #expect(promoted.isUnfinished(at: Self.now.addingTimeInterval(60)))
        #expect(promoted.removals.isEmpty)
    }

    @Test func `nothing but the retired old and the given-up new one is removed`() throws {
        let retired = try #require(try Self.rotation(.promoted).after(.graceOver, at: Self.now))
        #expect(retired.removals == ["old"])
        #expect(try #require(try Self.rotation(.obtained).after(.givenUp, at: Self.now)).removals == ["new"])
        #expect(
            try #require(try Self.rotation(.planned).after(.foundUnreadable(keyID: "lost"), at: Self.now)).removals
                == ["lost"])
        for state in [Rotation.State.planned, .obtained, .verified, .promoted] {
            #expect(Self.rotation(state).removals.isEmpty)
        }
    }

    @Test func `where nothing is to be removed outside, the end of the grace is the end`() throws {
        let rotation = Self.rotation(.promoted, removing: [])
        #expect(try rotation.after(.graceOver, at: Self.now) == nil)
        // What was made elsewhere ends by itself, when a token is asked for.
        var elsewhere = rotation
        elsewhere.isMadeHere = false
        #expect(rotation.isUnfinished(at: .distantFuture) && !elsewhere.isUnfinished(at: .distantFuture))
    }
}
