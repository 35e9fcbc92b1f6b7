import FoundationEssentials
import HTTPTypes

/// A call of Microsoft Graph by a caller whose token is good (wire.md 8.1).
struct GraphCall {
    let request: EmulatorRequest
    /// The tenant of the token, whose objects the call is about.
    let tenant: Tenant
    /// Who calls.
    let clientId: String
    /// What the token lets its bearer do. What the directory says since then shows in the next token.
    let roles: Set<String>

    private static let writing: Set<String> = ["Application.ReadWrite.All", "Directory.ReadWrite.All"]
    private static let reading: Set<String> = ["Application.Read.All", "Directory.Read.All"]
    private static let readingPolicies: Set<String> = [
        "Policy.Read.All", "Policy.Read.ApplicationConfiguration", "Policy.ReadWrite.ApplicationConfiguration",
    ]

    /// Whether the caller may change `application`.
    func mayWrite(_ application: Application) -> Bool {
        !roles.isDisjoint(with: Self.writing)
            || roles.contains("Application.ReadWrite.OwnedBy") && application.isOwned(by: clientId)
    }

    /// Whether the caller may see `application`.
    func mayRead(_ application: Application) -> Bool {
        mayWrite(application) || !roles.isDisjoint(with: Self.reading)
    }

    /// Whether the caller may look for applications that it need not own.
    var mayReadAll: Bool { !roles.isDisjoint(with: Self.writing.union(Self.reading)) }

    /// Whether the caller may touch any application, so that it is told of one that is not there.
    var mayTouchSome: Bool { mayReadAll || roles.contains("Application.ReadWrite.OwnedBy") }

    var mayReadPolicies: Bool { !roles.isDisjoint(with: Self.readingPolicies) }

    // MARK: Refusals

    func refusal(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> Refusal {
        Refusal(.graph(status, code, message, to: request))
    }

    func badRequest(_ message: String) -> Refusal { refusal(.badRequest, "Request_BadRequest", message) }

    var denied: Refusal {
        refusal(
            .forbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    func notFound(_ id: String) -> Refusal {
        refusal(
            .notFound, "Request_ResourceNotFound",
            "Resource '\(id)' does not exist or one of its queried reference-property objects are not present.")
    }

    /// The body read as JSON.
    func json<Value: Decodable>(_ type: Value.Type) throws(Refusal) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(request.body))
        } catch {
            throw refusal(
                .badRequest, "BadRequest",
                "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid "
                    + "JSON format.")
        }
    }
}

extension EntraEmulator {
    /// Whether `resource` is the Graph of the cloud that this emulator is: the emulator's own address.
    func isOwnGraph(_ resource: String) -> Bool { KnownResources.withoutSlash(resource) == base.lowercased() }

    /// The call that `request` makes.
    ///
    /// Checked are the signature, the audience and the times of its token; not whether the secret that got it still
    /// works, as an access token outlives its secret (wire.md 1.5).
    func graphCall(_ request: EmulatorRequest) async throws(Refusal) -> GraphCall {
        func refusal(_ message: String) -> Refusal {
            Refusal(.graph(.unauthorized, "InvalidAuthenticationToken", message, to: request))
        }
        guard let token = request.bearerToken else { throw refusal("Access token is empty.") }
        let claims: TokenClaims
        do {
            claims = try await signingKey.verified(token)
        } catch {
            throw refusal("Access token validation failure. Invalid signature.")
        }
        guard KnownResources.isGraph(claims.aud) || isOwnGraph(claims.aud) else {
            throw refusal("Access token validation failure. Invalid audience.")
        }
        guard claims.isValid(at: request.time) else {
            throw refusal("Lifetime validation failed, the token is expired.")
        }
        guard let tenant = directory.tenant(named: claims.tid) else {
            throw refusal("Access token validation failure. The tenant is unknown.")
        }
        return GraphCall(
            request: request, tenant: tenant, clientId: claims.appid ?? claims.azp ?? "",
            roles: Set(claims.roles ?? [])
        )
    }
}

extension EmulatorResponse {
    /// A refusal in the shape of Graph.
    static func graph(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, to request: EmulatorRequest
    ) -> EmulatorResponse {
        let id = UUID().uuidString.lowercased()
        let inner = GraphError.Inner(
            date: String(request.time.ISO8601Format().dropLast()), requestId: id,
            clientRequestId: request.fields[.clientRequestId] ?? id)
        return .json(
            ["error": GraphError(code: code, message: message, innerError: inner)], status: status,
            fields: [.graphRequestId: id, .clientRequestId: inner.clientRequestId])
    }
}

/// A refusal as Graph writes it.
private struct GraphError: Encodable {
    struct Inner: Encodable {
        /// UTC, and it does not say so.
        let date: String
        let requestId: String
        let clientRequestId: String

        private enum CodingKeys: String, CodingKey {
            case date
            case requestId = "request-id"
            case clientRequestId = "client-request-id"
        }
    }

    let code: String
    let message: String
    let innerError: Inner
}

extension HTTPField.Name {
    // A token of RFC 9110, so it is never nil.
    static let graphRequestId = HTTPField.Name("request-id")!
}
