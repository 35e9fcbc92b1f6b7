import FoundationEssentials
import HTTPTypes
import Testing

@testable import Vault

@Suite struct EntraProviderTests {
    static let canary = "s3cr~t+/=%&\"canary value"
    static let token = "eyJhbGciOiJSUzI1NiJ9.eyJ1dGkiOiJ1dGktMTIzIiwiYXVkIjoieCJ9.c2lnbmF0dXJl"

    let stopped = StoppedClock()

    func grant(authority: String = "https://login.microsoftonline.com", tenant: String = "contoso.com") throws
        -> GrantRequest
    {
        GrantRequest(
            authority: authority, tenant: tenant, clientID: "11111111-2222-3333-4444-555555555555",
            audience: try Audience(scope: "https://management.core.windows.net//.default"), correlationID: "our-id")
    }

    func ask(
        _ transport: ScriptedTransport, _ grant: GrantRequest? = nil, secret value: String = canary
    ) async throws(VaultError) -> AccessToken {
        let provider = EntraProvider(transport: transport, clock: stopped.clock(), userAgent: "vaultctl/9")
        do {
            let grant = try grant ?? self.grant()
            return try await provider.accessToken(for: grant, secret: secret(value))
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(.internalError, "\(error)")
        }
    }

    func success(_ changes: String = "\"token_type\":\"Bearer\",\"expires_in\":3599") -> ScriptedTransport {
        ScriptedTransport([.answer(status: 200, body: "{\(changes),\"access_token\":\"\(Self.token)\"}")])
    }

    @Test func `a grant is one form posted to the tenant's token endpoint`() async throws {
        let transport = success()
        let token = try await ask(transport)
        let asked = try #require(transport.asked.first)
        #expect(transport.asked.count == 1)
        #expect(asked.request.method == .post)
        #expect(asked.url == "https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token")
        #expect(
            asked.text == "client_id=11111111-2222-3333-4444-555555555555&grant_type=client_credentials"
                + "&scope=https%3A%2F%2Fmanagement.core.windows.net%2F%2F.default"
                + "&client_secret=s3cr~t%2B%2F%3D%25%26%22canary%20value")
        let fields = asked.request.headerFields
        #expect(fields[.accept] == "application/json")
        #expect(fields[.contentType] == "application/x-www-form-urlencoded")
        #expect(fields[.userAgent] == "vaultctl/9")
        #expect(fields[.clientRequestID] == "our-id")
        #expect(fields[.returnClientRequestID] == "true")
        #expect(text(token.value) == Self.token)
        #expect(token.tokenType == "Bearer")
        #expect(token.issuedAt == stopped.start)
        #expect(token.expiresAt == stopped.start + 3599)
        #expect(token.tokenID == "uti-123")
        #expect(token.correlationID == "our-id")
        #expect(token.traceID == nil)
    }

    @Test func `numbers may be strings and bearer any case`() async throws {
        let token = try await ask(success("\"token_type\":\"bEARER\",\"expires_in\":\"3599\",\"expires_on\":\"1\""))
        #expect(token.expiresAt == stopped.start + 3599)
        #expect(token.tokenType == "Bearer")
    }

    @Test(arguments: ["0", "-1", "172801", "1e400", "3599.5", "\"\"", "\"soon\"", "null", "[3599]", "true"])
    func `a life that makes no sense is refused`(life: String) async throws {
        let transport = success("\"token_type\":\"Bearer\",\"expires_in\":\(life)")
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("did not answer as a token endpoint"))
    }

    @Test(arguments: [1, 172_800]) func `the bounds of a life are lives`(life: Int) async throws {
        let token = try await ask(success("\"token_type\":\"Bearer\",\"expires_in\":\(life)"))
        #expect(token.expiresAt == stopped.start + TimeInterval(life))
    }

    @Test func `ids of the request come from the answer's fields`() async throws {
        let body = "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"opaque+token/==\"}"
        let token = try await ask(
            ScriptedTransport([
                .answer(
                    status: 200, fields: ["client-request-id": "echo", "x-ms-request-id": "trace"], body: body)
            ]))
        #expect(token.correlationID == "echo")
        #expect(token.traceID == "trace")
        #expect(token.tokenID == nil)
        #expect(text(token.value) == "opaque+token/==")
    }

    @Test func `an authority may have a port, a path and a trailing slash`() async throws {
        let transport = success()
        _ = try await ask(transport, grant(authority: "https://LOCALHOST:8443/adfs/"))
        #expect(transport.asked.first?.url == "https://localhost:8443/adfs/contoso.com/oauth2/v2.0/token")
    }

    @Test(arguments: [
        "http://login.microsoftonline.com", "login.microsoftonline.com", "https://", "https://u:p@host",
        "https://host/#x", "https://ho st", "https://host:99999", "",
    ])
    func `an authority that is no https address gets nothing`(authority: String) async throws {
        let transport = success()
        let grant = try grant(authority: authority)
        let error = try await failure { () async throws(VaultError) in try await ask(transport, grant) }
        #expect(error.code == .usage)
        #expect(transport.asked.isEmpty)
    }

    @Test(arguments: ["", "common", "..", "a/b", "a.b/c", "contoso.com?x", "contoso.com%2f", "-a.b", "a..b", "a b.c"])
    func `a tenant that is no directory id or domain gets nothing`(tenant: String) async throws {
        let transport = success()
        let grant = try grant(tenant: tenant)
        let error = try await failure { () async throws(VaultError) in try await ask(transport, grant) }
        #expect(error.code == .usage)
        #expect(transport.asked.isEmpty)
    }

    @Test(arguments: [
        ("", "text/plain"), ("not json", "application/json"), ("{\"access_token\":\"abc", "application/json"),
        ("{}", "application/json"), ("[]", "application/json"), ("null", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":7}", "application/json"),
        ("{\"token_type\":\"mac\",\"expires_in\":60,\"access_token\":\"abc\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a b\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a\\nb\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a\\\"b\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a\\u000ab\"}", "application/json"),
        ("{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"ä\"}", "application/json"),
        (
            "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"a\",\"access_token\":\"b\"}",
            "application/json"
        ),
        ("<html>hello</html>", "text/html"), ("  <!DOCTYPE html>", ""),
        (String(repeating: "[", count: 500_000), "application/json"),
        ("{\"x\":" + String(repeating: "{\"x\":", count: 100_000), "application/json"),
        ("{\u{0}\"\u{0}", "application/json"),
    ])
    func `a 200 without a token is no token endpoint`(body: String, type: String) async throws {
        let transport = ScriptedTransport([.answer(status: 200, fields: ["Content-Type": type], body: body)])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("did not answer as a token endpoint"))
        #expect(error.message.contains("HTML") == body.contains("<"))
    }

    @Test(arguments: [301, 302, 303, 307, 308]) func `a redirect is not followed`(status: Int) async throws {
        let transport = ScriptedTransport([
            .answer(status: status, fields: ["Location": "https://evil.example/?\(Self.canary)"], body: "")
        ])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("redirect"))
        #expect(!everything(of: error).contains("evil"))
        #expect(transport.asked.count == 1)
    }

    @Test(arguments: [
        HTTPTransportError.untrusted("its certificate is not trusted"), .tooLong(limit: 1 << 20),
        .malformed("it sent no HTTP"), .misconfigured(VaultError(.inputOutput, "the CA file cannot be read")),
    ])
    func `what another attempt cannot mend is not tried again`(failed: HTTPTransportError) async throws {
        let transport = ScriptedTransport([.failure(failed)])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(
            error.code
                == (failed == .misconfigured(VaultError(.inputOutput, "the CA file cannot be read"))
                    ? .inputOutput : .unavailable))
        #expect(transport.asked.count == 1)
        #expect(stopped.sleeps.isEmpty)
    }

    @Test func `a time that ran out is not waited for again`() async throws {
        let transport = ScriptedTransport([.failure(.timedOut)])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(transport.asked.count == 1)
    }

    @Test func `a lost connection is tried again`() async throws {
        let failed = HTTPTransportError.unreachable("connection refused")
        let body = "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"abc\"}"
        let transport = ScriptedTransport([
            .failure(failed), .answer(status: 503, body: ""), .answer(status: 200, body: body),
        ])
        let token = try await ask(transport)
        #expect(text(token.value) == "abc")
        #expect(stopped.sleeps == [.milliseconds(250), .milliseconds(500)])
        // The same bytes, and the same id: it is one act.
        #expect(Set(transport.asked.map(\.body)).count == 1)
        #expect(transport.asked.allSatisfy { $0.request.headerFields[.clientRequestID] == "our-id" })
    }

    @Test func `nobody there after three attempts`() async throws {
        let transport = ScriptedTransport([])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("login.microsoftonline.com"))
        #expect(transport.asked.count == 3)
    }

    @Test func `a life is counted from the request that was answered`() async throws {
        let body = "{\"token_type\":\"Bearer\",\"expires_in\":60,\"access_token\":\"abc\"}"
        let transport = ScriptedTransport([
            .answer(status: 429, fields: ["Retry-After": "7"], body: ""), .answer(status: 200, body: body),
        ])
        let token = try await ask(transport)
        #expect(stopped.sleeps == [.seconds(7)])
        #expect(token.issuedAt == stopped.start + 7)
        #expect(token.expiresAt == stopped.start + 67)
    }

    @Test func `a wait that does not fit ends at once and is told`() async throws {
        let transport = ScriptedTransport([.answer(status: 429, fields: ["Retry-After": "120"], body: "")])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .tryAgain)
        #expect(error.hint?.contains("120 s") == true)
        #expect(transport.asked.count == 1)
        #expect(stopped.sleeps.isEmpty)
    }

    @Test(arguments: [500, 502, 504]) func `a broken gateway is unavailable`(status: Int) async throws {
        let page = ScriptedTransport.Step.answer(status: status, body: "<h1>Bad Gateway</h1>")
        let transport = ScriptedTransport([page, page, page])
        let error = try await failure { () async throws(VaultError) in try await ask(transport) }
        #expect(error.code == .unavailable)
        #expect(error.message.contains("status \(status) with HTML"))
        #expect(transport.asked.count == 3)
    }
}
