import FoundationEssentials
import HTTPTypes
import JWTKit

/// The one call of a workspace's API that every client makes to see who it is.
enum WorkspaceAPIRoutes {
    static let all = [
        Route("scim", .get, "/api/2.0/preview/scim/v2/Me") { emulator, request, _ throws(Refusal) in
            .json(try await emulator.workspaceUser(of: request))
        }
    ]
}

extension EntraEmulator {
    /// Who bears the request's token, which is Entra's for the Databricks resource or one of Databricks' own, and not a
    /// second past its end.
    fileprivate func workspaceUser(of request: EmulatorRequest) async throws(Refusal) -> WorkspaceUser {
        guard let token = request.bearerToken else {
            throw Self.unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        }
        let realm = try realm(of: request)
        let user: WorkspaceUser
        if let claims = await claims(of: token, as: DatabricksClaims.self) {
            guard claims.iss == realm.issuer, claims.aud == realm.audience else {
                throw Self.unauthenticated("The token is for another workspace or an account.")
            }
            guard claims.exp > Int(request.time.timeIntervalSince1970) else {
                throw Self.unauthenticated("The token has expired.")
            }
            user = WorkspaceUser(clientId: claims.clientId, principal: realm.servicePrincipal(claims.clientId))
        } else if let claims = await claims(of: token, as: TokenClaims.self) {
            guard KnownResources.withoutSlash(claims.aud) == KnownResources.databricks else {
                throw Self.unauthenticated("The token is for the resource '\(claims.aud)'.")
            }
            guard claims.isValid(at: request.time) else { throw Self.unauthenticated("The token has expired.") }
            let client = claims.appid ?? claims.azp ?? ""
            user = WorkspaceUser(
                clientId: client, principal: realm.servicePrincipal(client),
                application: directory.tenant(named: claims.tid)?.application(client))
        } else {
            throw Self.unauthenticated("Invalid access token.")
        }
        try await checkManagementToken(of: request)
        return user
    }

    /// The second token that clients send for a service principal that may not be in the workspace yet (wire.md 7.2).
    private func checkManagementToken(of request: EmulatorRequest) async throws(Refusal) {
        guard let token = request.fields[.managementToken] else { return }
        guard let claims = await claims(of: token, as: TokenClaims.self), claims.isValid(at: request.time),
            KnownResources.isResourceManager(claims.aud)
        else { throw Self.unauthenticated("The management token is not valid for Resource Manager now.") }
    }

    /// The claims of `token` if it is one of the emulator's and has them; `nil` for any other.
    private func claims<Claims: JWTPayload>(of token: String, as type: Claims.Type) async -> Claims? {
        // A token of the other kind fails in the same way as a forged one, and both are refused in the end.
        try? await signingKey.verified(token, as: type)
    }

    private static func unauthenticated(_ message: String) -> Refusal {
        Refusal(.databricks(.unauthorized, "UNAUTHENTICATED", message))
    }
}

/// A user of SCIM 2.0 (RFC 7643, section 4.1), with what a workspace says of a service principal.
private struct WorkspaceUser: Encodable {
    var schemas = ["urn:ietf:params:scim:schemas:core:2.0:User"]
    let id: String
    /// The client id: a service principal's name is that.
    let userName: String
    let displayName: String
    var active = true

    init(clientId: String, principal: DatabricksServicePrincipal?, application: Application? = nil) {
        id = principal?.id ?? "0"
        userName = clientId
        displayName = principal?.displayName ?? application?.displayName ?? clientId
    }
}

extension HTTPField.Name {
    // A token (RFC 9110, section 5.6.2), and for a token the initialiser gives a name.
    // A token of RFC 9110, so it is never nil.
    fileprivate static let managementToken = HTTPField.Name("X-Databricks-Azure-SP-Management-Token")!
}
