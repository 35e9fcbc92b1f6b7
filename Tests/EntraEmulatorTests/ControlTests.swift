import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct ControlTests {
    @Test func `requests are counted, and the emulator's own are not`() async throws {
        let emulator = try await Example.emulator()
        _ = await emulator.token()
        _ = await emulator.ask(.get, "/healthz")
        _ = await emulator.ask(.get, "/nowhere?access_token=x")
        let recorded = try await emulator.ask(.get, "/emulator/requests")
            .json(RecordedRequests.self, keys: .useDefaultKeys)
        #expect(recorded.count == 2)
        #expect(recorded.requests.map(\.route) == ["token", "unknown"])
        #expect(recorded.requests.map(\.status) == [200, 404])
        #expect(recorded.requests.map(\.path) == ["/\(Example.tenant)/oauth2/v2.0/token", "/nowhere"])
        #expect(recorded.requests.first?.clientId == Example.client)
        _ = await emulator.ask(.delete, "/emulator/requests")
        #expect(await emulator.requests.count == 0)
    }

    @Test func `no record holds a secret or a token`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken()
        _ = await emulator.ask(.get, "/subscriptions?api-version=1", fields: [.authorization: "Bearer \(token)"])
        let text = String(decoding: await emulator.ask(.get, "/emulator/requests").response.bytes, as: UTF8.self)
        #expect(!text.contains(Example.secret))
        #expect(!text.contains(token))
    }

    @Test func `a secret is added, used and revoked over HTTP`() async throws {
        struct Added: Decodable { let keyId: String }
        let emulator = try await Example.emulator()
        let secrets = "/emulator/applications/\(Example.client)/secrets"
        let added = await emulator.ask(
            .post, secrets, #"{"value":"fresh","displayName":"vaultctl:1","expires":"2027-01-01T00:00:00Z"}"#
        )
        #expect(added.status == 201)
        let form = Example.form(["client_secret": "fresh"])
        #expect(await emulator.token(form).status == 200)
        let removal = "\(secrets)/\(try added.json(Added.self).keyId)"
        #expect(await emulator.ask(.delete, removal).status == 204)
        #expect(try await emulator.refusal(of: form).codes == [7_000_215])
        #expect(await emulator.token().status == 200, "the other secret still works")
        #expect(await emulator.ask(.delete, "\(secrets)/all").status == 204)
        #expect(await emulator.token().status == 401)
    }

    @Test func `a secret without a value gets one as the service makes them`() async throws {
        struct Added: Decodable { let value: String }
        let emulator = try await Example.emulator()
        let answer = await emulator.ask(.post, "/emulator/applications/\(Example.client)/secrets", "{}")
        let value = try answer.json(Added.self).value
        #expect(value.count == 40)
        #expect(value.contains("~"))
        #expect(await emulator.token(Example.form(["client_secret": value])).status == 200)
    }

    @Test func `what does not exist cannot be changed`() async throws {
        let emulator = try await Example.emulator()
        for path in ["nobody/secrets/all", "\(Example.client)/secrets/nothing"] {
            #expect(await emulator.ask(.delete, "/emulator/applications/\(path)").status == 404)
        }
        #expect(await emulator.ask(.post, "/emulator/applications/nobody/disable").status == 404)
    }

    @Test func `faults are set and cleared over HTTP, and never strike the emulator's own routes`() async throws {
        let emulator = try await Example.emulator()
        let fault = #"{"name":"unavailable","count":null,"path":"any"}"#
        #expect(await emulator.ask(.post, "/emulator/faults", fault).status == 201)
        #expect(await emulator.token().status == 503)
        #expect(await emulator.ask(.get, "/healthz").status == 200)
        #expect(await emulator.ask(.delete, "/emulator/faults").status == 200)
        #expect(await emulator.token().status == 200)
    }

    @Test(arguments: [#"{"name":"nonsense"}"#, #"{"name":"slow","path":"tokens"}"#, "{"])
    func `a fault that could never strike is refused`(fault: String) async throws {
        let emulator = try await Example.emulator()
        #expect(await emulator.ask(.post, "/emulator/faults", fault).status == 400)
        #expect(await emulator.faults.isEmpty)
    }

    @Test func `a route asked with the wrong method is told so`() async throws {
        let emulator = try await Example.emulator()
        #expect(await emulator.ask(.get, "/\(Example.tenant)/oauth2/v2.0/token").status == 405)
    }
}
