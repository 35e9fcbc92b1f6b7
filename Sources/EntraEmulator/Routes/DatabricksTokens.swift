import FoundationEssentials
import HTTPTypes

extension EntraEmulator {
    /// A token of Databricks' own, for a secret or in exchange for the token of an external issuer.
    func databricksToken(
        for request: EmulatorRequest, in realm: DatabricksRealm
    ) async throws(Refusal) -> EmulatorResponse {
        let answer: EmulatorResponse
        do {
            let asked = try DatabricksTokenRequest(request)
            guard let principal = realm.servicePrincipal(asked.clientId), principal.active else {
                throw OAuthError.clientUnknown
            }
            switch asked.grant {
            case .clientCredentials: try check(secret: asked.secret, of: principal, at: request.time)
            case .tokenExchange:
                try await check(subjectToken: asked.subjectToken ?? "", for: principal, in: realm, at: request.time)
            }
            answer = try await issue(to: principal, scope: asked.scope, in: realm, at: request.time)
        } catch let error as OAuthError {
            throw Refusal(error.answer)
        } catch {
            throw Refusal(.control(.internalServerError, "signing failed: \(error)"))
        }
        return answer
    }

    private func check(
        secret: String?, of principal: DatabricksServicePrincipal, at time: Date
    ) throws(OAuthError) {
        let works = principal.secrets.contains {
            $0.value == secret && !$0.revoked && $0.life.removed == nil && $0.isValid(at: time)
        }
        guard works else { throw .clientUnknown }
    }

    /// Checks that a federation policy of the service principal is about the token, and that its issuer signed it.
    private func check(
        subjectToken text: String, for principal: DatabricksServicePrincipal, in realm: DatabricksRealm, at time: Date
    ) async throws {
        guard let token = PresentedToken(text) else { throw OAuthError.unacceptable("it is no signed JWT") }
        let audiences = token.claims.aud?.values ?? []
        let policy = principal.federationPolicies.first { policy in
            let accepted = policy.audiences.isEmpty ? [realm.accountId] : policy.audiences
            return resolved(issuer: policy.issuer) == token.claims.iss && policy.subject == token.claims.sub
                && audiences.contains(where: accepted.contains)
        }
        guard policy != nil else {
            throw OAuthError.unacceptable("no federation policy has its issuer, subject and audience")
        }
        switch try await externalSignature(of: token, text) {
        case .good: break
        case .bad: throw OAuthError.unacceptable("its signature is not good")
        case .unknownIssuer: throw OAuthError.unacceptable("its issuer cannot be asked for keys")
        }
        guard token.isValid(at: time) else { throw OAuthError.unacceptable("it is not valid now") }
    }

    private func issue(
        to principal: DatabricksServicePrincipal, scope: String, in realm: DatabricksRealm, at time: Date
    ) async throws -> EmulatorResponse {
        let claims = DatabricksClaims(
            clientId: principal.clientId, sub: principal.clientId, iss: realm.issuer, aud: realm.audience,
            scope: scope, iat: Int(time.timeIntervalSince1970),
            exp: TokenClaims.end(of: directory.tokenLifetime, from: time)
        )
        let token = DatabricksToken(
            accessToken: try await signingKey.sign(claims), scope: scope, expiresIn: directory.tokenLifetime)
        return .json(token, keys: .convertToSnakeCase, fields: [.cacheControl: "no-store"])
    }
}

/// The answer of Databricks' token endpoint.
private struct DatabricksToken: Encodable {
    let accessToken: String
    let scope: String
    var tokenType = "Bearer"
    let expiresIn: Int
}
