import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct DiscoveryTests {
    private struct Configuration: Decodable {
        let issuer: String
        let tokenEndpoint: String
        let authorizationEndpoint: String
        let jwksUri: String
    }

    @Test func `the documents of both versions name endpoints that answer`() async throws {
        let emulator = try await Example.emulator()
        for version in ["", "/v2.0"] {
            let path = "/contoso.onmicrosoft.com\(version)/.well-known/openid-configuration"
            let document = try await emulator.ask(.get, path).json(Configuration.self)
            #expect(document.issuer == "\(Example.base)/\(Example.tenant)\(version.isEmpty ? "/" : version)")
            let keys = String(document.jwksUri.dropFirst(Example.base.count))
            #expect(await emulator.ask(.get, keys).status == 200)
            let token = String(document.tokenEndpoint.dropFirst(Example.base.count))
            let form = Example.form(["resource": Example.resourceManager])
            #expect(await emulator.ask(.post, token, form).status == 200)
        }
    }

    @Test func `an unknown tenant is an invalid tenant`() async throws {
        let emulator = try await Example.emulator()
        let answer = await emulator.ask(.get, "/nobody.example/v2.0/.well-known/openid-configuration")
        #expect(answer.status == 400)
        #expect(try answer.json(Refused.self).error == "invalid_tenant")
    }

    @Test func `the emulator's address may change after it began`() async throws {
        let emulator = try await Example.emulator()
        await emulator.serve(at: "https://localhost:9")
        let document = try await emulator.ask(.get, "/\(Example.tenant)/v2.0/.well-known/openid-configuration")
            .json(Configuration.self)
        #expect(document.tokenEndpoint == "https://localhost:9/\(Example.tenant)/oauth2/v2.0/token")
    }

    @Test func `instance discovery knows its own host only`() async throws {
        struct Instance: Decodable { let tenantDiscoveryEndpoint: String }
        let emulator = try await Example.emulator()
        func ask(_ host: String) async -> Answer {
            let endpoint = Form.encode("https://\(host)/\(Example.tenant)/oauth2/v2.0/authorize")
            return await emulator.ask(
                .get, "/common/discovery/instance?authorization_endpoint=\(endpoint)&api-version=1.0"
            )
        }
        let known = try await ask("localhost").json(Instance.self)
        #expect(
            known.tenantDiscoveryEndpoint
                == "\(Example.base)/\(Example.tenant)/v2.0/.well-known/openid-configuration"
        )
        #expect(await ask("evil.example").status == 400)
    }
}
