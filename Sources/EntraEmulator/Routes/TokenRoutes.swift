import FoundationEssentials
import HTTPTypes

/// The token endpoints, v1 and v2.
enum TokenRoutes {
    static let all = [
        Route("token", .post, "/{tenant}/oauth2/v2.0/token") { emulator, request, path throws(Refusal) in
            try await emulator.token(for: request, tenant: path["tenant"] ?? "", endpoint: .v2)
        },
        Route("token", .post, "/{tenant}/oauth2/token") { emulator, request, path throws(Refusal) in
            try await emulator.token(for: request, tenant: path["tenant"] ?? "", endpoint: .v1)
        },
    ]
}

extension EntraEmulator {
    func token(
        for request: EmulatorRequest, tenant name: String, endpoint: TokenVersion
    ) async throws(Refusal) -> EmulatorResponse {
        var response: EmulatorResponse
        do {
            response = try await issue(request, tenant: try tenant(named: name), endpoint: endpoint)
        } catch let cause as TokenError {
            throw Refusal(
                cause.answer(to: request, base: base, separator: endpoint == .v1 ? "\r\n" : " ")
            )
        } catch {
            throw Refusal(.control(.internalServerError, "signing failed: \(error)"))
        }
        response.head.headerFields[.cacheControl] = "no-store, no-cache"
        response.head.headerFields[.requestId] = UUID().uuidString.lowercased()
        return response
    }

    private func issue(
        _ request: EmulatorRequest, tenant: Tenant, endpoint: TokenVersion
    ) async throws -> EmulatorResponse {
        let asked = try TokenRequest(request)
        guard let application = tenant.application(asked.clientId) else {
            throw TokenError.unknownApplication(asked.clientId, in: tenant)
        }
        guard application.enabled else { throw TokenError.disabled(application) }
        let proof = try await authenticate(asked, as: application, of: tenant, endpoint, for: request)

        let resource = try endpoint == .v1 ? asked.resource() : asked.resourceOfScope()
        let firstParty = KnownResources.contains(resource) || isOwnGraph(resource)
        guard firstParty || tenant.resources.contains(where: { $0.lowercased() == resource.lowercased() }) else {
            throw TokenError.unknownResource(resource, in: tenant)
        }
        // First-party resources take version 1 at either endpoint, and clients read `appid` from their tokens.
        let version = firstParty ? .v1 : endpoint
        let claims = TokenClaims(
            version: version, audience: resource, issuer: issuer(of: tenant, version), tenant: tenant,
            application: application, proof: proof, time: request.time, lifetime: directory.tokenLifetime
        )
        let token = try await signingKey.sign(claims)
        return switch endpoint {
        case .v1:
            .json(
                TokenAnswerV1(token: token, claims: claims, lifetime: directory.tokenLifetime),
                keys: .convertToSnakeCase)
        case .v2: .json(TokenAnswerV2(token: token, lifetime: directory.tokenLifetime), keys: .convertToSnakeCase)
        }
    }

    /// Whether the client is who it says, and how it showed it. Where it sends two credentials, the secret decides.
    private func authenticate(
        _ asked: TokenRequest, as application: Application, of tenant: Tenant, _ endpoint: TokenVersion,
        for request: EmulatorRequest
    ) async throws -> ClientProof {
        if let secret = asked.secret {
            try authenticate(secret: secret, as: application, of: tenant, for: request)
            return .secret
        }
        guard let assertion = asked.assertion else { throw TokenError.noCredential }
        try await authenticate(assertion: assertion, as: application, of: tenant, endpoint, for: request)
        return .assertion
    }

    private func authenticate(
        secret value: String, as application: Application, of tenant: Tenant, for request: EmulatorRequest
    ) throws(TokenError) {
        let live = application.secrets.filter { $0.value == value && !$0.revoked && isKnown($0, in: tenant) }
        // Two secrets may have one value here; one that is valid decides.
        guard let secret = live.first(where: { $0.isValid(at: request.time) }) else {
            let expired = live.contains { secret in secret.end.map { $0 <= request.time } ?? false }
            throw expired ? .expiredSecret(application.clientId) : .wrongSecret(application.clientId)
        }
        guard !isUnreplicated(secret, for: request) else {
            var error = TokenError.wrongSecret(application.clientId)
            error.fault = .notYetReplicated
            throw error
        }
    }
}
