import FoundationEssentials
import HTTPTypes
import JWTKit

/// Who calls an API of Databricks: by a token of Databricks' own, or by one of Entra for its resource.
struct DatabricksCaller {
    let clientId: String
    /// The service principal of the realm that has this client id, which one of Entra need not have.
    let principal: DatabricksServicePrincipal?
    /// The application of Entra, if the token is Entra's.
    let application: Application?
    let isAdministrator: Bool

    /// Whether the caller may see and change the secrets of `other`.
    func mayManage(_ other: DatabricksServicePrincipal) -> Bool {
        isAdministrator || other.managesItself && other.clientId.lowercased() == clientId.lowercased()
    }
}

extension EntraEmulator {
    /// Who bears the request's token, which is good for `realm` and not a second past its end.
    func databricksCaller(
        of request: EmulatorRequest, in realm: DatabricksRealm
    ) async throws(Refusal) -> DatabricksCaller {
        guard let token = request.bearerToken else {
            throw Self.unauthenticated("Credential was not sent or was of an unsupported type for this API.")
        }
        let caller: DatabricksCaller
        if let claims = await claims(of: token, as: DatabricksClaims.self) {
            guard claims.iss == realm.issuer, claims.aud == realm.audience else {
                throw Self.unauthenticated("The token is for another workspace or an account.")
            }
            guard claims.exp > Int(request.time.timeIntervalSince1970) else {
                throw Self.unauthenticated("The token has expired.")
            }
            let principal = realm.servicePrincipal(claims.clientId)
            caller = DatabricksCaller(
                clientId: claims.clientId, principal: principal, application: nil,
                isAdministrator: principal?.admin ?? false)
        } else if let claims = await claims(of: token, as: TokenClaims.self) {
            guard KnownResources.withoutSlash(claims.aud) == KnownResources.databricks else {
                throw Self.unauthenticated("The token is for the resource '\(claims.aud)'.")
            }
            guard claims.isValid(at: request.time) else { throw Self.unauthenticated("The token has expired.") }
            let client = claims.appid ?? claims.azp ?? ""
            let principal = realm.servicePrincipal(client)
            caller = DatabricksCaller(
                clientId: client, principal: principal,
                application: directory.tenant(named: claims.tid)?.application(client),
                isAdministrator: principal?.admin ?? false
                    || realm.administrators.contains { $0.lowercased() == client.lowercased() })
        } else {
            throw Self.unauthenticated("Invalid access token.")
        }
        try await checkManagementToken(of: request)
        return caller
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

extension HTTPField.Name {
    // A token of RFC 9110, so it is never nil.
    fileprivate static let managementToken = HTTPField.Name("X-Databricks-Azure-SP-Management-Token")!
}
