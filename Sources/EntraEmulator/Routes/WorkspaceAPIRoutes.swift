import HTTPTypes

/// What SCIM says of service principals, of a workspace and of an account: who one is, and who is there
/// (wire.md 7.4 and 8.4). Whoever is signed in may ask.
enum WorkspaceAPIRoutes {
    static let all = [
        Route("scim", .get, "/api/2.0/preview/scim/v2/Me") { emulator, request, _ throws(Refusal) in
            .json(SCIMUser(try await emulator.databricksCaller(of: request, in: emulator.realm(of: request))))
        },
        Route("scim", .get, "/api/2.0/accounts/{account}/scim/v2/Me") { emulator, request, path throws(Refusal) in
            let realm = try emulator.realm(of: request, account: path["account"] ?? "")
            return .json(SCIMUser(try await emulator.databricksCaller(of: request, in: realm)))
        },
        Route("databricks-service-principals", .get, "/api/2.0/preview/scim/v2/ServicePrincipals") {
            emulator, request, _ throws(Refusal) in
            try await emulator.servicePrincipals(for: request, in: emulator.realm(of: request))
        },
        Route("databricks-service-principals", .get, "/api/2.0/accounts/{account}/scim/v2/ServicePrincipals") {
            emulator, request, path throws(Refusal) in
            let realm = try emulator.realm(of: request, account: path["account"] ?? "")
            return try await emulator.servicePrincipals(for: request, in: realm)
        },
    ]
}

extension EntraEmulator {
    /// The service principals that the query's filter names, or all.
    fileprivate func servicePrincipals(
        for request: EmulatorRequest, in realm: DatabricksRealm
    ) async throws(Refusal) -> EmulatorResponse {
        _ = try await databricksCaller(of: request, in: realm)
        func refusal(_ message: String) -> Refusal {
            Refusal(.databricks(.badRequest, "INVALID_PARAMETER_VALUE", message))
        }
        var found = realm.servicePrincipals
        if let filter = request.query["filter"] {
            guard let client = Self.comparand(of: filter, "applicationId", quote: "\"") else {
                throw refusal("Given filter operator is not supported.")
            }
            found = found.filter { $0.clientId.lowercased() == client.lowercased() }
        }
        guard let start = Int(request.query["startIndex"] ?? "1"), start > 0,
            let count = Int(request.query["count"] ?? "100"), count >= 0
        else { throw refusal("startIndex and count are numbers.") }
        return .json(SCIMPage(found, from: start, count: count))
    }
}

/// A user of SCIM 2.0 (RFC 7643, section 4.1), with what a workspace says of a service principal.
private struct SCIMUser: Encodable {
    var schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    let id: String
    /// The client id: a service principal's name is that.
    let userName: String
    let displayName: String
    var active = true

    init(_ caller: DatabricksCaller) {
        id = caller.principal?.id ?? "0"
        userName = caller.clientId
        displayName = caller.principal?.displayName ?? caller.application?.displayName ?? caller.clientId
    }
}

/// A page of SCIM 2.0 (RFC 7644, section 3.4.2.4). Clients ask for the next one until a page is empty.
private struct SCIMPage: Encodable {
    var schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"]
    let totalResults: Int
    let itemsPerPage: Int
    /// The number of the page's first item, counted from 1.
    let startIndex: Int
    let resources: [SCIMServicePrincipal]

    private enum CodingKeys: String, CodingKey {
        case schemas, totalResults, itemsPerPage, startIndex
        case resources = "Resources"
    }

    init(_ principals: [DatabricksServicePrincipal], from start: Int, count: Int) {
        totalResults = principals.count
        startIndex = start
        resources = principals.dropFirst(start - 1).prefix(count).map(SCIMServicePrincipal.init)
        itemsPerPage = resources.count
    }
}

/// A service principal, in Databricks' own schema.
private struct SCIMServicePrincipal: Encodable {
    var schemas = ["urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"]
    let id: String
    let applicationId: String
    let displayName: String
    let active: Bool

    init(_ principal: DatabricksServicePrincipal) {
        id = principal.id
        applicationId = principal.clientId
        displayName = principal.displayName
        active = principal.active
    }
}
