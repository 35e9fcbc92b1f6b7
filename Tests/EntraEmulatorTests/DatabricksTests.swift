import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

@Suite struct DatabricksTests {
    private static let client = "66666666-6666-4666-8666-666666666666"
    private static let account = "55555555-5555-4555-8555-555555555555"
    private static let good = "grant_type=client_credentials&scope=all-apis"
    private static let me = "/api/2.0/preview/scim/v2/Me"

    private struct Token: Decodable {
        let accessToken: String
        let tokenType: String
        let expiresIn: Int
        let scope: String
    }

    private struct Refused: Decodable {
        let error: String
    }

    private func emulator(
        lifetime: Int = 3599, clock: @escaping @Sendable () -> Date = { Example.time }
    ) async throws -> EntraEmulator {
        var directory = Directory.example
        let principal = DatabricksServicePrincipal(
            clientId: Self.client, id: "7001", secrets: [ClientSecret(value: "dose0123")],
            federationPolicies: [.init(issuer: "/external/builds", subject: "etl")]
        )
        directory.tenants[0].subscriptions[0].workspaces[0].servicePrincipals = [principal]
        directory.databricksAccounts = [DatabricksAccount(id: Self.account, servicePrincipals: [principal])]
        directory.tokenLifetime = lifetime
        return try await Example.emulator(directory, clock: clock)
    }

    private func basic(_ secret: String = "dose0123") -> HTTPFields {
        [.authorization: "Basic \(Data("\(Self.client):\(secret)".utf8).base64EncodedString())"]
    }

    @Test func `discovery names an endpoint that gives a token, and the workspace takes it`() async throws {
        struct Document: Decodable { let tokenEndpoint: String }
        let emulator = try await emulator()
        let document = try await emulator.ask(.get, "/oidc/.well-known/oauth-authorization-server")
            .json(Document.self)
        #expect(document.tokenEndpoint == "\(Example.base)/oidc/v1/token")
        let token = try await emulator.ask(.post, "/oidc/v1/token", Self.good, fields: basic()).json(Token.self)
        #expect(token.tokenType == "Bearer")
        #expect(token.expiresIn == 3599)
        #expect(token.scope == "all-apis")
        let claims = try await emulator.signingKey.verified(token.accessToken, as: DatabricksClaims.self)
        #expect(claims.iss == "\(Example.base)/oidc")
        #expect(claims.aud == "4444444444444444")
        let answer = await emulator.ask(.get, Self.me, fields: [.authorization: "Bearer \(token.accessToken)"])
        #expect(answer.status == 200)
    }

    @Test func `a workspace refuses a token of the account, and one that has ended`() async throws {
        let emulator = try await emulator()
        let path = "/oidc/accounts/\(Self.account)/v1/token"
        let token = try await emulator.ask(.post, path, Self.good, fields: basic()).json(Token.self)
        let fields: HTTPFields = [.authorization: "Bearer \(token.accessToken)"]
        #expect(await emulator.ask(.get, Self.me, fields: fields).status == 401)
        await emulator.setTokenLifetime(-1)
        let ended = try await emulator.ask(.post, "/oidc/v1/token", Self.good, fields: basic()).json(Token.self)
        let late: HTTPFields = [.authorization: "Bearer \(ended.accessToken)"]
        #expect(await emulator.ask(.get, Self.me, fields: late).status == 401)
    }

    @Test func `a workspace takes Entra's token for Databricks and no other`() async throws {
        let emulator = try await emulator()
        for (resource, status) in [(KnownResources.databricks, 200), (Example.resourceManager, 401)] {
            let token = try await emulator.accessToken(Example.form(["scope": "\(resource)/.default"]))
            let answer = await emulator.ask(.get, Self.me, fields: [.authorization: "Bearer \(token)"])
            #expect(answer.status == status)
        }
        #expect(await emulator.ask(.get, Self.me).status == 401)
    }

    @Test(arguments: [
        ("grant_type=client_credentials&scope=all-apis", "wrong", 401, "invalid_client"),
        ("scope=all-apis", "dose0123", 400, "invalid_request"),
        ("grant_type=client_credentials", "dose0123", 400, "invalid_request"),
        ("grant_type=password&scope=all-apis", "dose0123", 400, "unsupported_grant_type"),
    ])
    func `a refusal is OAuth's`(form: String, secret: String, status: Int, error: String) async throws {
        let answer = await (try emulator()).ask(.post, "/oidc/v1/token", form, fields: basic(secret))
        #expect(answer.status == status)
        #expect(try answer.json(Refused.self).error == error)
    }

    @Test func `a token of the external issuer is exchanged where a policy says so`() async throws {
        let emulator = try await emulator()
        func exchange(_ subject: String, _ audience: String) async throws -> Int {
            let token = try await emulator.externalToken(by: "builds", subject: subject, audience: audience)
            let fields = [
                "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange", "subject_token": token,
                "subject_token_type": "urn:ietf:params:oauth:token-type:jwt", "scope": "all-apis",
                "client_id": Self.client,
            ]
            let form = fields.map { "\($0.key)=\(Form.encode($0.value))" }.joined(separator: "&")
            return await emulator.ask(.post, "/oidc/v1/token", form).status
        }
        // A policy without audiences takes the account's id.
        #expect(try await exchange("etl", Self.account) == 200)
        #expect(try await exchange("other", Self.account) == 400)
        #expect(try await exchange("etl", "api://AzureADTokenExchange") == 400)
    }

    @Test func `a life of a second is not shorter than it was promised`() async throws {
        let emulator = try await emulator(lifetime: 1, clock: { Example.time + 0.75 })
        let token = try await emulator.ask(.post, "/oidc/v1/token", Self.good, fields: basic()).json(Token.self)
        let claims = try await emulator.signingKey.verified(token.accessToken, as: DatabricksClaims.self)
        #expect(claims.exp == 1_767_225_602)
    }
}
