import FoundationEssentials
import HTTPTypes
import JWTKit
import Testing

@testable import EntraEmulator

@Suite struct TokenEndpointTests {
    private struct V2: Decodable {
        let tokenType: String
        let expiresIn: Int
        let extExpiresIn: Int
        let refreshIn: Int?
        let accessToken: String
    }

    private struct V1: Decodable {
        let tokenType: String
        let expiresIn: String
        let extExpiresIn: String
        let expiresOn: String
        let notBefore: String
        let resource: String
        let accessToken: String
    }

    /// The claims of `token`, verified against the keys document and not against the emulator's own key.
    private func verified(_ token: String, by emulator: EntraEmulator) async throws -> TokenClaims {
        let answer = await emulator.ask(.get, "/\(Example.tenant)/discovery/v2.0/keys")
        let keys = try await JWTKeyCollection().add(jwks: answer.json(JWKS.self))
        return try await keys.verify(token, as: TokenClaims.self)
    }

    @Test func `a v2 token verifies against the keys document`() async throws {
        let emulator = try await Example.emulator()
        let answer = await emulator.token()
        #expect(answer.status == 200)
        #expect(answer.field(.cacheControl) == "no-store, no-cache")
        let token = try answer.json(V2.self)
        #expect(token.tokenType == "Bearer")
        #expect(token.expiresIn == 3599)
        #expect(token.refreshIn == nil)
        let claims = try await verified(token.accessToken, by: emulator)
        #expect(claims.aud == Example.resourceManager)
        #expect(claims.tid == Example.tenant)
        #expect(claims.appid == Example.client)
        #expect(claims.oid == claims.sub)
        #expect(claims.idtyp == "app")
        #expect(claims.iat == 1_767_225_600)
        #expect(claims.exp - claims.nbf == 3599)
    }

    @Test func `a tampered token does not verify`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken()
        var pieces = token.split(separator: ".").map(String.init)
        let claims = #"{"aud":"https://management.azure.com","exp":9999999999}"#
        pieces[1] = Base64URL.encode(Data(claims.utf8))
        await #expect(throws: (any Error).self) {
            _ = try await verified(pieces.joined(separator: "."), by: emulator)
        }
    }

    @Test func `the v1 endpoint writes its numbers as strings`() async throws {
        let emulator = try await Example.emulator()
        let form = Example.form(["scope": "all-apis", "resource": KnownResources.databricks])
        let answer = await emulator.ask(.post, "/contoso.onmicrosoft.com/oauth2/token", form)
        let token = try answer.json(V1.self)
        #expect(token.expiresIn == "3599")
        #expect(token.notBefore == "1767225600")
        #expect(token.expiresOn == "1767229199")
        #expect(token.resource == KnownResources.databricks)
        let claims = try await verified(token.accessToken, by: emulator)
        #expect(claims.aud == KnownResources.databricks)
        #expect(claims.ver == "1.0")
        #expect(claims.iss == "\(Example.base)/\(Example.tenant)/")
    }

    @Test(arguments: ["https://management.core.windows.net", "https://management.core.windows.net/"])
    func `the audience is the resource exactly as asked`(resource: String) async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken(Example.form(["scope": "\(resource)/.default"]))
        #expect(try await verified(token, by: emulator).aud == resource)
    }

    @Test func `a resource of the directory gets a token of version 2`() async throws {
        let emulator = try await Example.emulator()
        let token = try await emulator.accessToken(Example.form(["scope": "api://contoso-payroll/.default"]))
        let claims = try await verified(token, by: emulator)
        #expect(claims.ver == "2.0")
        #expect(claims.azp == Example.client)
        #expect(claims.appid == nil)
        #expect(claims.iss == "\(Example.base)/\(Example.tenant)/v2.0")
    }

    @Test func `two tokens of one second differ`() async throws {
        let emulator = try await Example.emulator()
        let tokens = [try await emulator.accessToken(), try await emulator.accessToken()]
        #expect(tokens[0] != tokens[1])
    }

    @Test func `HTTP Basic is accepted, form-encoded as RFC 6749 says`() async throws {
        let emulator = try await Example.emulator()
        let pair = "\(Example.client):\(Form.encode(Example.secret))"
        let basic = "Basic \(Data(pair.utf8).base64EncodedString())"
        let form = Example.form(["client_id": nil, "client_secret": nil])
        #expect(await emulator.token(form, fields: [.authorization: basic]).status == 200)
        #expect(await emulator.requests.requests.last?.clientId == Example.client)
    }

    @Test func `roles go into the token, and a long life brings refresh_in`() async throws {
        var directory = Directory.example
        directory.tokenLifetime = 86_400
        directory.tenants[0].applications[0].roles = ["Payroll.Read"]
        let emulator = try await Example.emulator(directory)
        let token = try await emulator.token().json(V2.self)
        #expect(token.expiresIn == 86_400)
        #expect(token.refreshIn == 43_200)
        #expect(try await verified(token.accessToken, by: emulator).roles == ["Payroll.Read"])
    }
}
