import FoundationEssentials
import HTTPTypes

extension EntraEmulator {
    /// The claims of the request's bearer token, if Resource Manager is to accept it.
    ///
    /// Checked are the signature, the audience and the times; not whether the secret that got it still works, as an
    /// access token outlives its secret (wire.md 1.5).
    func bearer(of request: EmulatorRequest) async throws(Refusal) -> TokenClaims {
        guard request.fields[.authorization] != nil else {
            throw unauthorized("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
        }
        guard let token = request.bearerToken else {
            throw unauthorized("AuthenticationFailedInvalidHeader", "The 'Authorization' header is not a bearer token.")
        }
        let claims: TokenClaims
        do {
            claims = try await signingKey.verified(token)
        } catch {
            throw unauthorized("InvalidAuthenticationToken", "The access token is invalid.")
        }
        guard KnownResources.isResourceManager(claims.aud) else {
            throw unauthorized(
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for wrong audience or resource '\(claims.aud)'."
            )
        }
        guard claims.isValid(at: request.time) else {
            let now = Int(request.time.timeIntervalSince1970)
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

extension EmulatorRequest {
    /// The token of the `Authorization` field; `nil` when there is none, or the field is of another scheme.
    var bearerToken: String? {
        guard let field = fields[.authorization], field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst("bearer ".count))
    }
}

extension TokenClaims {
    /// Whether `time` lies in the token's life, which begins five minutes early for clocks that are behind.
    func isValid(at time: Date) -> Bool {
        let now = Int(time.timeIntervalSince1970)
        return exp > now && nbf <= now + 300
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
