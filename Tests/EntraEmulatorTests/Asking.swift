import FoundationEssentials
import HTTPTypes
import Testing

@testable import EntraEmulator

/// What the example directory holds, by name.
enum Example {
    static let base = "https://localhost:8443"
    static let tenant = "11111111-1111-4111-8111-111111111111"
    static let client = "22222222-2222-4222-8222-222222222222"
    static let secret = "Xq38Q~example+secret/for=the%emulator.0"
    static let subscription = "33333333-3333-4333-8333-333333333333"
    static let resourceManager = "https://management.azure.com"
    /// A second within which nothing of the example begins or ends.
    static let time = Date(timeIntervalSince1970: 1_767_225_600)

    static func emulator(
        _ directory: Directory = .example, clock: @escaping @Sendable () -> Date = { Example.time }
    ) async throws -> EntraEmulator {
        try await EntraEmulator(directory: directory, base: base, clock: clock)
    }

    /// The form of a good request to the v2 endpoint, with some fields changed or, by `nil`, left out.
    static func form(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        var fields: [String: String] = [
            "grant_type": "client_credentials", "client_id": client, "client_secret": secret,
            "scope": "\(resourceManager)/.default",
        ]
        for (name, value) in changes { fields[name] = value }
        return fields.map { "\($0.key)=\(Form.encode($0.value))" }.joined(separator: "&")
    }
}

/// An answer with its JSON read.
struct Answer {
    let response: EmulatorResponse
    var status: Int { response.head.status.code }

    func json<Value: Decodable>(
        _ type: Value.Type = Value.self, keys: JSONDecoder.KeyDecodingStrategy = .convertFromSnakeCase
    ) throws -> Value {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = keys
        return try decoder.decode(type, from: Data(response.bytes))
    }

    func field(_ name: HTTPField.Name) -> String? { response.head.headerFields[name] }
}

/// The members of a refusal that tests look at.
struct Refused: Decodable {
    let error: String
    let errorDescription: String
    let errorCodes: [Int]
    let timestamp: String
    let traceId: String
    let correlationId: String
}

extension EntraEmulator {
    func ask(
        _ method: HTTPRequest.Method, _ path: String, _ body: String = "", fields: HTTPFields = [:],
        host: String = "localhost:8443"
    ) async -> Answer {
        let request = HTTPRequest(method: method, scheme: "https", authority: host, path: path, headerFields: fields)
        return Answer(response: await respond(to: request, body: [UInt8](body.utf8)))
    }

    /// Posts `form` to the v2 token endpoint.
    func token(_ form: String = Example.form(), tenant: String = Example.tenant, fields: HTTPFields = [:]) async
        -> Answer
    {
        await ask(.post, "/\(tenant)/oauth2/v2.0/token", form, fields: fields)
    }

    /// The codes of the refusal of `form`; empty when it is not refused.
    func refusal(
        of form: String, tenant: String = Example.tenant
    ) async throws -> (status: Int, error: String, codes: [Int]) {
        let answer = await token(form, tenant: tenant)
        guard answer.status != 200 else { return (200, "", []) }
        let refused = try answer.json(Refused.self)
        return (answer.status, refused.error, refused.errorCodes)
    }

    /// A token for Resource Manager.
    func accessToken(_ form: String = Example.form()) async throws -> String {
        struct Token: Decodable { let accessToken: String }
        return try await token(form).json(Token.self).accessToken
    }
}
