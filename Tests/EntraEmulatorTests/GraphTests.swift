import FoundationEssentials
import HTTPTypes
import Synchronization
import Testing

@testable import EntraEmulator

@Suite struct GraphTests {
    private static let address = "/v1.0/applications(appId='\(Example.client)')"

    private struct Password: Decodable {
        let keyId: String
        let secretText: String
    }

    /// The example, whose application owns itself.
    private func emulator(
        roles: [String] = ["Application.ReadWrite.OwnedBy"], replication: Replication = Replication(),
        clock: @escaping @Sendable () -> Date = { Example.time }
    ) async throws -> EntraEmulator {
        var directory = Directory.example
        directory.tenants[0].applications[0].roles = roles
        directory.tenants[0].applications[0].owners = [Example.client]
        directory.tenants[0].replication = replication
        return try await Example.emulator(directory, clock: clock)
    }

    private func bearer(_ emulator: EntraEmulator) async throws -> HTTPFields {
        let token = try await emulator.accessToken(Example.form(["scope": "https://graph.microsoft.com/.default"]))
        return [.authorization: "Bearer \(token)"]
    }

    @Test func `a password lives from its adding to its removal`() async throws {
        let emulator = try await emulator()
        let fields = try await bearer(emulator)
        let made = try await emulator.ask(.post, Self.address + "/addPassword", "{}", fields: fields)
            .json(Password.self)
        #expect(await emulator.liveSecrets(of: Example.client).map(\.value) == [Example.secret, made.secretText])
        #expect(await emulator.token(Example.form(["client_secret": made.secretText])).status == 200)
        let body = "{\"keyId\":\"\(made.keyId)\"}"
        #expect(await emulator.ask(.post, Self.address + "/removePassword", body, fields: fields).status == 204)
        #expect(await emulator.liveSecrets(of: Example.client).map(\.value) == [Example.secret])
        let records = try #require(await emulator.credentials(of: Example.client)?.secrets)
        #expect(records.map(\.removed) == [nil, Example.time])
        #expect(records.map(\.added) == [nil, Example.time])
    }

    @Test func `what the token does not permit changes nothing`() async throws {
        let emulator = try await emulator(roles: ["Directory.Read.All"])
        let fields = try await bearer(emulator)
        #expect(await emulator.ask(.post, Self.address + "/addPassword", "{}", fields: fields).status == 403)
        #expect(await emulator.ask(.post, Self.address + "/addPassword", "{}").status == 401)
        #expect(await emulator.ask(.get, Self.address, fields: fields).status == 200)
        #expect(await emulator.liveSecrets(of: Example.client).count == 1)
    }

    @Test func `both ends of a password's life get around late`() async throws {
        let later = Mutex(0.0)
        let emulator = try await emulator(replication: Replication(tokenDelay: 18)) {
            Example.time + later.withLock { $0 }
        }
        let fields = try await bearer(emulator)
        let made = try await emulator.ask(.post, Self.address + "/addPassword", "{}", fields: fields)
            .json(Password.self)
        let form = Example.form(["client_secret": made.secretText])
        later.withLock { $0 = 17 }
        #expect(try await emulator.refusal(of: form).codes == [7_000_215])
        later.withLock { $0 = 18 }
        #expect(await emulator.token(form).status == 200)
        let body = "{\"keyId\":\"\(made.keyId)\"}"
        #expect(await emulator.ask(.post, Self.address + "/removePassword", body, fields: fields).status == 204)
        later.withLock { $0 = 35 }
        #expect(await emulator.token(form).status == 200)
        later.withLock { $0 = 36 }
        #expect(try await emulator.refusal(of: form).codes == [7_000_215])
    }

    @Test(arguments: [("P90D", 7_776_000.0), ("P1Y6M", 47_088_000), ("P2W", 1_209_600), ("P1DT12H30M5S", 131_405)])
    func `a policy's duration is read`(text: String, seconds: Double) {
        #expect(PolicyDuration(text)?.seconds == seconds)
    }

    @Test(arguments: ["", "P", "90D", "P90", "PD", "PT", "P1H", "PT1D", "P1.5D", "P1DT", "P-1D"])
    func `what is no duration is none`(text: String) {
        #expect(PolicyDuration(text) == nil)
    }
}
