import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct TokenErrorTests {
    @Test func `a wrong secret is AADSTS7000215`() async throws {
        let emulator = try await Example.emulator()
        #expect(
            try await emulator.refusal(of: Example.form(["client_secret": "no"])) == (
                401, "invalid_client", [7_000_215]
            ))
    }

    @Test func `a revoked secret is AADSTS7000215`() async throws {
        let emulator = try await Example.emulator()
        #expect(await emulator.revokeSecrets(of: Example.client, keyId: nil))
        #expect(try await emulator.refusal(of: Example.form()) == (401, "invalid_client", [7_000_215]))
    }

    @Test func `an expired secret is AADSTS7000222`() async throws {
        let emulator = try await Example.emulator()
        await emulator.add(ClientSecret(value: "old", end: Example.time - 1), to: Example.client)
        #expect(
            try await emulator.refusal(of: Example.form(["client_secret": "old"])) == (
                401, "invalid_client", [7_000_222]
            ))
    }

    @Test func `a secret of tomorrow is not valid yet`() async throws {
        let emulator = try await Example.emulator()
        await emulator.add(ClientSecret(value: "new", start: Example.time + 86_400), to: Example.client)
        #expect(try await emulator.refusal(of: Example.form(["client_secret": "new"])).codes == [7_000_215])
    }

    @Test func `no credential is AADSTS7000218`() async throws {
        let emulator = try await Example.emulator()
        #expect(
            try await emulator.refusal(of: Example.form(["client_secret": nil])) == (401, "invalid_client", [7_000_218])
        )
    }

    @Test func `an unknown application is AADSTS700016`() async throws {
        let emulator = try await Example.emulator()
        let form = Example.form(["client_id": "99999999-2222-4222-8222-222222222222"])
        #expect(try await emulator.refusal(of: form) == (400, "unauthorized_client", [700_016]))
    }

    @Test func `a disabled application is AADSTS7000112 until it is enabled`() async throws {
        let emulator = try await Example.emulator()
        #expect(await emulator.setEnabled(false, application: Example.client))
        #expect(try await emulator.refusal(of: Example.form()) == (400, "unauthorized_client", [7_000_112]))
        #expect(await emulator.setEnabled(true, application: Example.client))
        #expect(await emulator.token().status == 200)
    }

    @Test(arguments: [
        ("99999999-1111-4111-8111-111111111111", 90002), ("nobody.example", 90002), ("common", 900_023),
    ])
    func `a tenant that is not there is refused`(tenant: String, code: Int) async throws {
        let emulator = try await Example.emulator()
        #expect(try await emulator.refusal(of: Example.form(), tenant: tenant) == (400, "invalid_request", [code]))
    }

    @Test(arguments: [
        ("api://nobody/.default", "invalid_resource", 500_011),
        ("https://management.azure.com", "invalid_scope", 1_002_012),
        ("a/.default b/.default", "invalid_scope", 70011),
        ("/.default", "invalid_scope", 70011),
    ])
    func `a scope that cannot be served is refused`(scope: String, error: String, code: Int) async throws {
        let emulator = try await Example.emulator()
        #expect(try await emulator.refusal(of: Example.form(["scope": scope])) == (400, error, [code]))
    }

    @Test func `another grant is unsupported, and a missing one is named`() async throws {
        let emulator = try await Example.emulator()
        let password = try await emulator.refusal(of: Example.form(["grant_type": "password"]))
        #expect(password == (400, "unsupported_grant_type", [70003]))
        #expect(try await emulator.refusal(of: Example.form(["grant_type": nil])).codes == [900_144])
    }

    @Test func `a refusal echoes the caller's request id and names its own`() async throws {
        let emulator = try await Example.emulator()
        let id = "0f0e0d0c-0000-4000-8000-000000000001"
        let answer = await emulator.token(
            Example.form(["client_secret": "no"]), fields: [.clientRequestId: id, .returnClientRequestId: "true"]
        )
        let refused = try answer.json(Refused.self)
        #expect(refused.correlationId == id)
        #expect(answer.field(.clientRequestId) == id)
        #expect(answer.field(.requestId) == refused.traceId)
        #expect(refused.timestamp == "2026-01-01 00:00:00Z")
        #expect(refused.errorDescription.hasPrefix("AADSTS7000215: Invalid client secret provided. Ensure "))
        #expect(
            refused.errorDescription.hasSuffix(
                "Trace ID: \(refused.traceId) Correlation ID: \(id) Timestamp: 2026-01-01 00:00:00Z"
            )
        )
    }

    @Test func `the v1 endpoint parts its description with line breaks`() async throws {
        let emulator = try await Example.emulator()
        let form = Example.form(["client_secret": "no", "resource": Example.resourceManager])
        let answer = await emulator.ask(.post, "/\(Example.tenant)/oauth2/token", form)
        #expect(try answer.json(Refused.self).errorDescription.contains("\r\nTrace ID: "))
    }
}
