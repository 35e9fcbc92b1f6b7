import FoundationEssentials
import Testing
@testable import Vault

/// The rules one by one; `Tests/Transcripts/test_audit_questions.py` has them through the program.
struct ExposuresTests {
    private static let day = 86_400.0
    private static let start = Date(timeIntervalSince1970: 1_793_491_200)

    private func time(_ day: Double) -> Date { Self.start.addingTimeInterval(day * Self.day) }

    private func profile(storedOn day: Double, kind: CredentialKind = .clientSecret) throws -> Profile {
        Profile(
            id: try #require(RowID([UInt8](repeating: 7, count: 16))), name: try ProfileName("etl"),
            destination: Destination(), tenant: "t", clientID: "c",
            credential: Credential(kind: kind, storedAt: time(day)), createdAt: time(-9), updatedAt: time(day))
    }

    private func event(
        _ action: AuditAction, on day: Double, _ outcome: AuditOutcome = .ok, host: String = "laptop"
    ) -> AuditEvent {
        AuditEvent(
            time: time(day), action: action, outcome: outcome,
            caller: Caller(uid: 1001, pid: 7, user: "ada", host: host, claimedExecutables: []), profile: "etl",
            profileID: RowID([UInt8](repeating: 7, count: 16)))
    }

    private func exposures(_ profiles: [Profile], _ events: [AuditEvent], host: String? = nil) -> Exposures {
        var exposures = Exposures(since: Self.start, host: host, actor: nil, profiles: profiles)
        for (sequence, event) in events.enumerated() {
            exposures.add(AuditEntry(sequence: UInt64(sequence), event: event))
        }
        return exposures
    }

    @Test func `a credential that was replaced afterwards is not to be rotated again`() throws {
        let history = [event(.issue, on: 1), event(.rotate, on: 2, .started), event(.rotate, on: 2.1)]
        #expect(exposures([try profile(storedOn: 2.1)], history).exposed.isEmpty)
        #expect(exposures([try profile(storedOn: -9)], history).exposed.count == 1, "it is the old one still")
    }

    @Test func `the end of a grace replaces nothing`() throws {
        let history = [event(.rotate, on: 1), event(.issue, on: 2), event(.rotate, on: 3)]
        #expect(exposures([try profile(storedOn: 1)], history).exposed.count == 1)
    }

    @Test func `neither the order alone nor the clock alone ends an exposure`() throws {
        // Rotated by a clock that was a year ahead, and issued afterwards by one that was right.
        let ahead = [event(.rotate, on: 366), event(.issue, on: 1)]
        #expect(exposures([try profile(storedOn: 366)], ahead).exposed.count == 1)
        // Issued, and rotated by a clock that was behind.
        let behind = [event(.issue, on: 2), event(.rotate, on: 1)]
        #expect(exposures([try profile(storedOn: 1)], behind).exposed.count == 1)
    }

    @Test func `a clock that was set back hides nothing`() throws {
        let history = [event(.check, on: 1, host: "desk"), event(.issue, on: 1, host: "desk"), event(.reveal, on: -3)]
        let found = exposures([try profile(storedOn: -9)], history, host: "laptop").exposed
        #expect(found.first?.count == 1)
        #expect(exposures([try profile(storedOn: -9)], [event(.reveal, on: -3)]).exposed.isEmpty, "it was before")
    }

    @Test func `what replaces no credential ends no exposure`() throws {
        // Revealed by a clock that was behind when the credential was stored.
        for after in [event(.edit, on: 3), ending(event(.rotate, on: 3))] {
            #expect(exposures([try profile(storedOn: 2)], [event(.reveal, on: 1), after]).exposed.count == 1)
        }
        #expect(exposures([try profile(storedOn: 2)], [event(.reveal, on: 1), event(.rotate, on: 3)]).exposed.isEmpty)
    }

    private func ending(_ event: AuditEvent) -> AuditEvent {
        var event = event
        event.detail = AuditEvent.graceIsOver
        return event
    }

    @Test func `both credentials of one profile are told of together`() throws {
        let history = [event(.issue, on: 1), event(.reveal, on: 3, host: "desk"), event(.rotate, on: 4, .started)]
        let found = try #require(exposures([try profile(storedOn: 2)], history).exposed.first)
        #expect(found.count == 2)
        #expect(found.isRevealed && found.isBeingRotated)
        #expect(found.hosts == ["laptop", "desk"])
        #expect(found.first == time(1) && found.last == time(3))
        #expect(exposures([try profile(storedOn: 2)], history, host: "desk").exposed.first?.count == 1)
    }

    @Test func `what is gone or has no secret is told apart`() throws {
        let history = [event(.issue, on: 1)]
        #expect(exposures([], history).removed == ["etl"])
        let federated = exposures([try profile(storedOn: -9, kind: .federated)], history)
        #expect(federated.exposed.isEmpty)
        #expect(federated.federated.map(\.description) == ["etl"])
    }
}
