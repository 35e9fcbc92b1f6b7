import FoundationEssentials
import HTTPTypes

/// Databricks' own OAuth, of a workspace and of an account (wire.md 7.1, 7.4, 7.5).
enum DatabricksRoutes {
    static let all = [
        Route("databricks-config", .get, "/.well-known/databricks-config") { emulator, request, _ throws(Refusal) in
            let realm = try emulator.realm(of: request)
            return .json(HostMetadata(realm), keys: .convertToSnakeCase)
        },
        Route("databricks-discovery", .get, "/oidc/.well-known/oauth-authorization-server") {
            emulator, request, _ throws(Refusal) in
            .json(AuthorizationServer(try emulator.realm(of: request)), keys: .convertToSnakeCase)
        },
        Route("databricks-discovery", .get, "/oidc/accounts/{account}/.well-known/oauth-authorization-server") {
            emulator, request, path throws(Refusal) in
            let realm = try emulator.realm(of: request, account: path["account"] ?? "")
            return .json(AuthorizationServer(realm), keys: .convertToSnakeCase)
        },
        Route("databricks-keys", .get, "/oidc/jwks.json") { emulator, request, _ throws(Refusal) in
            try emulator.databricksKeys(issuer: emulator.realm(of: request).issuer)
        },
        Route("databricks-keys", .get, "/oidc/accounts/{account}/jwks.json") {
            emulator, request, path throws(Refusal) in
            let realm = try emulator.realm(of: request, account: path["account"] ?? "")
            return try emulator.databricksKeys(issuer: realm.issuer)
        },
        Route("databricks-token", .post, "/oidc/v1/token") { emulator, request, _ throws(Refusal) in
            try await emulator.databricksToken(for: request, in: emulator.realm(of: request))
        },
        Route("databricks-token", .post, "/oidc/accounts/{account}/v1/token") {
            emulator, request, path throws(Refusal) in
            let realm = try emulator.realm(of: request, account: path["account"] ?? "")
            return try await emulator.databricksToken(for: request, in: realm)
        },
    ]
}

/// Where a service principal of Databricks signs in: at a workspace, or at an account.
struct DatabricksRealm {
    /// The address of its OAuth, which is also what its tokens name as their issuer.
    let issuer: String
    let accountId: String
    /// The number of the workspace; `nil` for an account.
    let workspaceId: String?
    let servicePrincipals: [DatabricksServicePrincipal]
    /// The client ids of the applications of Entra that administer it.
    let administrators: [String]

    /// For whom its tokens are.
    var audience: String { workspaceId ?? accountId }

    func servicePrincipal(_ clientId: String) -> DatabricksServicePrincipal? {
        servicePrincipals.first { $0.clientId.lowercased() == clientId.lowercased() }
    }
}

extension EntraEmulator {
    /// The workspace at the host that was asked.
    func realm(of request: EmulatorRequest) throws(Refusal) -> DatabricksRealm {
        guard let (_, workspace) = directory.workspace(at: request.host) else {
            throw Refusal(.control(.notFound, "the directory lists no workspace"))
        }
        return DatabricksRealm(
            issuer: "\(request.origin)/oidc", accountId: workspace.accountId, workspaceId: workspace.workspaceId,
            servicePrincipals: workspace.servicePrincipals, administrators: workspace.administrators
        )
    }

    /// The account that a path names, whatever the host.
    func realm(of request: EmulatorRequest, account id: String) throws(Refusal) -> DatabricksRealm {
        guard let account = directory.databricksAccounts.first(where: { $0.id.lowercased() == id.lowercased() }) else {
            throw Refusal(.databricks(.notFound, "RESOURCE_DOES_NOT_EXIST", "Account \(id) does not exist."))
        }
        return DatabricksRealm(
            issuer: "\(request.origin)/oidc/accounts/\(account.id)", accountId: account.id, workspaceId: nil,
            servicePrincipals: account.servicePrincipals, administrators: account.administrators
        )
    }

    fileprivate func databricksKeys(issuer: String) throws(Refusal) -> EmulatorResponse {
        do {
            return .json(["keys": [try signingKey.jwk(issuer: issuer)]])
        } catch {
            throw Refusal(.control(.internalServerError, "the key has no numbers: \(error)"))
        }
    }
}

/// What every new client of the Databricks SDKs asks first.
private struct HostMetadata: Encodable {
    let oidcEndpoint: String
    let accountId: String
    let workspaceId: String?
    var cloud = "AZURE"
    let hostType: String
    /// What a federation policy takes that names no audience.
    let tokenFederationDefaultOidcAudiences: [String]

    init(_ realm: DatabricksRealm) {
        oidcEndpoint = realm.issuer
        accountId = realm.accountId
        workspaceId = realm.workspaceId
        hostType = realm.workspaceId == nil ? "ACCOUNT_HOST" : "WORKSPACE_HOST"
        tokenFederationDefaultOidcAudiences = [realm.accountId]
    }
}

/// The metadata of an authorization server (RFC 8414, section 2).
private struct AuthorizationServer: Encodable {
    let issuer: String
    let authorizationEndpoint: String
    let tokenEndpoint: String
    let jwksUri: String
    var scopesSupported = ["all-apis", "email", "offline_access", "openid", "profile", "sql"]
    var responseTypesSupported = ["code", "id_token"]
    var grantTypesSupported = DatabricksTokenRequest.Grant.allCases.map(\.rawValue)
    var tokenEndpointAuthMethodsSupported = ["client_secret_basic", "client_secret_post", "none"]

    init(_ realm: DatabricksRealm) {
        issuer = realm.issuer
        authorizationEndpoint = "\(realm.issuer)/v1/authorize"
        tokenEndpoint = "\(realm.issuer)/v1/token"
        jwksUri = "\(realm.issuer)/jwks.json"
    }
}

extension EmulatorResponse {
    /// A refusal in the shape of Databricks' REST APIs.
    static func databricks(_ status: HTTPResponse.Status, _ code: String, _ message: String) -> EmulatorResponse {
        .json(["error_code": code, "message": message], status: status)
    }
}
