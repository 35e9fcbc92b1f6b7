import FoundationEssentials
import Testing

@testable import Vault

/// The table of the wire reference, 1.3, row by row, and what a hostile endpoint may try with it.
@Suite struct EntraFailureTests {
    static let canary = "canary-secret~value"

    func refused(
        status: Int = 401, fields: [String: String] = [:], _ body: String, secret value: String = canary
    ) async throws -> VaultError {
        let answer = ScriptedTransport.Step.answer(status: status, fields: fields, body: body)
        let provider = EntraProvider(
            transport: ScriptedTransport([answer, answer, answer]), clock: StoppedClock().clock())
        let grant = GrantRequest(
            authority: "https://login.microsoftonline.com", tenant: "contoso.com", clientID: "app",
            audience: try Audience(scope: "x/.default"))
        return try await failure { () async throws(VaultError) in
            try await provider.accessToken(for: grant, secret: secret(value))
        }
    }

    func body(_ code: String, error: String = "invalid_client", description: String, more: String = "") -> String {
        "{\"error\":\"\(error)\",\"error_description\":\"\(description)\",\"error_codes\":[\(code)],"
            + "\"timestamp\":\"2026-01-01 00:00:00Z\",\"trace_id\":\"0000aaaa-11bb-cccc-dd22-eeeeee333333\","
            + "\"correlation_id\":\"aaaa0000-bb11-2222-33cc-444444dddddd\"\(more)}"
    }

    struct Row: Sendable, CustomTestStringConvertible {
        let code: Int
        let error: String
        let status: Int
        let outcome: VaultError.Code
        let hint: String
        var testDescription: String { "AADSTS\(code)" }

        init(_ code: Int, _ error: String, _ status: Int, _ outcome: VaultError.Code, _ hint: String) {
            self.code = code
            self.error = error
            self.status = status
            self.outcome = outcome
            self.hint = hint
        }
    }

    static let table = [
        Row(7_000_215, "invalid_client", 401, .refused, "vaultctl rotate NAME --secret-stdin"),
        Row(7_000_222, "invalid_client", 401, .refused, "vaultctl rotate NAME --secret-stdin"),
        Row(7_000_218, "invalid_client", 401, .refused, "--client-id"),
        Row(700_016, "unauthorized_client", 400, .refused, "--client-id"),
        Row(90002, "invalid_request", 400, .refused, "--tenant"),
        Row(900_023, "invalid_request", 400, .refused, "--tenant"),
        Row(500_011, "invalid_resource", 400, .refused, "--resource"),
        Row(70011, "invalid_scope", 400, .refused, "--scope"),
        Row(1_002_012, "invalid_scope", 400, .refused, "--scope"),
        Row(700_027, "invalid_client", 401, .refused, "certificate"),
        Row(700_024, "invalid_client", 401, .refused, "clock"),
        Row(50012, "invalid_client", 401, .refused, "certificate"),
        Row(70021, "invalid_client", 400, .refused, "federated"),
        Row(700_211, "invalid_client", 401, .refused, "federated"),
        Row(700_213, "invalid_request", 400, .refused, "federated"),
        Row(53003, "access_denied", 400, .refused, "conditional access"),
        Row(7_000_112, "unauthorized_client", 400, .refused, "disabled"),
        Row(90033, "temporarily_unavailable", 400, .tryAgain, "try again"),
        Row(90055, "invalid_request", 429, .tryAgain, "try again"),
        Row(50196, "invalid_grant", 400, .tryAgain, "try again"),
    ]

    @Test(arguments: ["Basic YXBwOmNhbmFyeS1zZWNyZXR-dmFsdWU", "aW5nOmNhbmFyeS1zZWNyZXQlN0V2YWx1ZQ", "OmNhbmFyeS1z"])
    func `a server that repeats the field with a secret in it does not get it into the error`(part: String) {
        let field = "Basic YXBwOmNhbmFyeS1zZWNyZXR-dmFsdWUaW5nOmNhbmFyeS1zZWNyZXQlN0V2YWx1ZQ"
        #expect(ShownText.repeats(field, in: "bad credential in \(part), sorry"))
        #expect(!ShownText.repeats(field, in: "Client authentication failed"))
        #expect(!ShownText.repeats("Basic", in: "Basic"))
    }

    @Test(arguments: table) func `every code has its kind and its hint`(row: Row) async throws {
        let error = try await refused(
            status: row.status,
            body("\(row.code)", error: row.error, description: "AADSTS\(row.code): Something. More of it."))
        #expect(error.code == row.outcome)
        #expect(error.message.hasSuffix(": AADSTS\(row.code): Something"))
        #expect(error.hint?.contains(row.hint) == true)
        #expect(
            error.refusal
                == ProviderRefusal(
                    error: row.error, aadsts: row.code, traceID: "0000aaaa-11bb-cccc-dd22-eeeeee333333",
                    correlationID: "aaaa0000-bb11-2222-33cc-444444dddddd",
                    text: "AADSTS\(row.code): Something. More of it."))
    }

    @Test(arguments: ["\\r\\n", " ", "\\n"])
    func `the shown text ends with the first sentence, however lines end`(separator: String) async throws {
        let error = try await refused(
            body(
                "7000222",
                description: "AADSTS7000222: The provided client secret keys for app 'x.y' are expired."
                    + "\(separator)Trace ID: 1\(separator)Correlation ID: 2\(separator)Timestamp: 3"))
        #expect(
            error.message == "the identity provider refused: AADSTS7000222: "
                + "The provided client secret keys for app 'x.y' are expired")
    }

    @Test func `codes may be strings, and the first one counts`() async throws {
        let error = try await refused(body("\"7000215\",\"5\"", description: ""))
        #expect(error.refusal?.aadsts == 7_000_215)
        #expect(error.message == "the identity provider refused: AADSTS7000215")
    }

    @Test func `an unknown code is a refusal, one without codes goes by its name`() async throws {
        let unknown = try await refused(body("123456", description: "AADSTS123456: New. Thing."))
        #expect(unknown.code == .refused)
        #expect(unknown.message.hasSuffix("AADSTS123456: New"))
        let plain = try await refused("{\"error\":\"invalid_client\",\"error_description\":\"wrong secret\"}")
        #expect(plain.code == .refused)
        #expect(plain.refusal == ProviderRefusal(error: "invalid_client", text: "wrong secret"))
        #expect(plain.message == "the identity provider refused: invalid_client: wrong secret")
        let claims = try await refused(body("50076", description: "x", more: ",\"claims\":\"{}\""))
        #expect(claims.hint?.contains("conditional access") == true)
        let busy = try await refused(status: 400, "{\"error\":\"temporarily_unavailable\"}")
        #expect(busy.code == .tryAgain)
    }

    @Test func `ids are taken from the fields where the body has none`() async throws {
        let error = try await refused(
            fields: ["x-ms-request-id": "trace", "client-request-id": "ours"], "{\"error\":\"invalid_client\"}")
        #expect(error.refusal?.traceID == "trace")
        #expect(error.refusal?.correlationID == "ours")
    }

    @Test(arguments: [
        (401, "<html>", "HTML"), (400, "{\"error\":{\"code\":\"x\"}}", "status 400"), (400, "", "status 400"),
        (404, "{\"error\":\"invalid", "status 404"), (403, "{\"error\":\"\"}", "status 403"),
        (400, "{\"error\":\"a b\"}", "status 400"), (204, "", "status 204"),
        (400, "{\"error\":\"x\",\"error_codes\":\"7000215\"}", "status 400"),
        (401, String(repeating: "{\"error\":", count: 65) + "1" + String(repeating: "}", count: 65), "deeper"),
    ])
    func `what is no OAuth answer is unavailable`(status: Int, body: String, told: String) async throws {
        let error = try await refused(status: status, body)
        #expect(error.code == .unavailable)
        #expect(error.message.contains(told))
        #expect(error.refusal == nil)
    }

    @Test(arguments: [429, 503])
    func `a throttle without an OAuth body is to be tried again`(status: Int) async throws {
        #expect(try await refused(status: status, "<html>").code == .tryAgain)
    }

    @Test func `control characters are taken out and long texts cut`() async throws {
        let hostile = "AADSTS1: \\u001b[31mred\\u0007 \\u202eabc\\u200b \\u0000" + String(repeating: "x", count: 9000)
        let error = try await refused(body("1", description: hostile))
        #expect(error.message.contains("AADSTS1: [31mred abc x"))
        #expect(error.message.count <= EntraFailure.longestText + 40)
        #expect(error.message.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value < 0x7f })
    }

    @Test func `a peer that repeats the secret does not get it shown`() async throws {
        let secrets = [Self.canary, "with space+/=%"]
        for value in secrets {
            let encoded = text(FormBody.encoded(secret(value)))
            for echoed in [value, encoded] {
                let error = try await refused(
                    body("7000215", description: "AADSTS7000215: you sent \(echoed) to me"), secret: value)
                #expect(error.code == .refused)
                #expect(error.refusal?.aadsts == 7_000_215)
                #expect(error.refusal?.text == nil)
                #expect(!everything(of: error).contains(echoed))
            }
        }
        let word = "canary_secret_value"
        for hostile in [
            "{\"error\":\"\(word)\"}", "{\"error\":\"x\",\"trace_id\":\"\(word)\",\"correlation_id\":\"\(word)\"}",
        ] {
            let error = try await refused(
                fields: ["x-ms-request-id": word, "client-request-id": word], hostile, secret: word)
            #expect(!everything(of: error).contains(word))
        }
    }

    @Test func `no error holds a token`() async throws {
        for life in ["0", "\"x\""] {
            let error = try await refused(
                status: 200, "{\"token_type\":\"Bearer\",\"expires_in\":\(life),\"access_token\":\"canary.token\"}")
            #expect(!everything(of: error).contains("canary"))
        }
    }
}
