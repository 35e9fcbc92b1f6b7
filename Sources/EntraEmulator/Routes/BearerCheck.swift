import FoundationEssentials
import HTTPTypes

extension EntraEmulator {
    /// The claims of the request's bearer token, if Resource Manager is to accept it.
    ///
    /// Checked are the signature, the audience and the times; not whether the secret that got it still works, as an
    /// access token outlives its secret (wire.md 1.5).
    func bearer(of request: EmulatorRequest) async throws(Refusal) -> TokenClaims {
        guard let field = request.fields[.authorization] else {
            throw unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        }
        guard field.lowercased().hasPrefix("bearer ") else {
            throw unauthorized("AuthenticationFailedInvalidHeader", "The 'Authorization' header is not a bearer token.")
        }
        let claims: TokenClaims
        do {
            claims = try await signingKey.verified(String(field.dropFirst("bearer ".count)))
        } catch {
            throw unauthorized("InvalidAuthenticationToken", "The access token is invalid.")
        }
        guard KnownResources.isResourceManager(claims.aud) else {
            throw unauthorized(
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource '\(claims.aud)'."
            )
        }
        let now = Int(request.time.timeIntervalSince1970)
        guard claims.exp > now, claims.nbf <= now + 300 else {
            throw unauthorized(
                "ExpiredAuthenticationToken",
                "The access token is not valid now: from \(claims.nbf) to \(claims.exp), and it is \(now)."
            )
        }
        return claims
    }

    private func unauthorized(_ code: String, _ message: String) -> Refusal {
        var response = EmulatorResponse.resourceManager(.unauthorized, code, message)
        let tenant = directory.tenants.first?.id ?? "common"
        response.head.headerFields[.wwwAuthenticate] =
            "Bearer authorization_uri=\"\(base)/\(tenant)\", error=\"invalid_token\", error_description=\"\(message)\""
        return Refusal(response)
    }
}

extension EmulatorResponse {
    /// A refusal in the shape of Resource Manager and Graph.
    static func resourceManager(
        _ status: HTTPResponse.Status, _ code: String, _ message: String
    ) -> EmulatorResponse {
        .json(["error": ["code": code, "message": message]], status: status)
    }
}
