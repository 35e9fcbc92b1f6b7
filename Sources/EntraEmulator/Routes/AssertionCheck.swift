import FoundationEssentials

extension EntraEmulator {
    /// Whether `text` proves that its bearer is `application`: signed with one of its certificates (wire.md 2), or
    /// by an issuer that one of its federated credentials names.
    func authenticate(
        assertion text: String, as application: Application, of tenant: Tenant, _ endpoint: TokenVersion,
        for request: EmulatorRequest
    ) async throws {
        guard let token = PresentedToken(text) else { throw TokenError.unreadableAssertion }
        guard token.hasKnownAlgorithm else { throw TokenError.unknownAlgorithm }
        guard let issuer = token.claims.iss else { throw TokenError.assertionWithout("iss") }
        guard let subject = token.claims.sub else { throw TokenError.assertionWithout("sub") }
        // Who signs for itself signs with a certificate.
        if issuer == subject || issuer.lowercased() == application.clientId.lowercased() {
            try checkCertificate(of: token, for: application, of: tenant, at: request.time)
            try checkClaims(of: token, by: application, endpoints: tokenEndpoints(of: tenant, endpoint, request))
            // Whoever takes such a token from its client should not have it for long.
            guard token.ends(within: 86_400, of: request.time) else {
                throw TokenError.assertionOutOfTime(token, at: request.time)
            }
        } else {
            try await checkFederation(of: token, text, for: application, at: request.time)
        }
        guard token.isValid(at: request.time) else { throw TokenError.assertionOutOfTime(token, at: request.time) }
    }

    // MARK: Certificates

    /// Checks that a certificate of the application, and one that is valid, signed the token.
    private func checkCertificate(
        of token: PresentedToken, for application: Application, of tenant: Tenant, at time: Date
    ) throws(TokenError) {
        guard let thumbprint = token.thumbprint else { throw .assertionWithoutThumbprint }
        func refusal(_ reason: String, _ found: ApplicationCertificate? = nil) -> TokenError {
            .badAssertionSignature(reason, thumbprint: thumbprint, of: application, found: found)
        }
        let registered = application.certificates.first { token.names($0) && isKnown($0, in: tenant) }
        guard let certificate = registered else {
            throw refusal("The key was not found.")
        }
        guard certificate.notBefore <= time else { throw refusal("The key used is not yet valid.", certificate) }
        guard time < certificate.notAfter else { throw refusal("The key used is expired.", certificate) }
        guard token.isSigned(by: certificate.publicKey) else {
            throw refusal("The provided signature value did not match the expected signature value.", certificate)
        }
    }

    private func checkClaims(
        of token: PresentedToken, by application: Application, endpoints: Set<String>
    ) throws(TokenError) {
        let own = application.clientId.lowercased()
        guard token.claims.iss?.lowercased() == own, token.claims.sub?.lowercased() == own else {
            throw .assertionOfAnother
        }
        guard let audience = token.claims.aud else { throw .assertionWithout("aud") }
        guard audience.values.contains(where: endpoints.contains) else { throw .assertionForAnother }
        guard token.claims.jti?.isEmpty == false else { throw .assertionWithout("jti") }
        guard token.claims.exp != nil else { throw .assertionWithout("exp") }
    }

    /// The addresses of the endpoint that was asked: as asked, and as discovery and the tenant's domains name it.
    private func tokenEndpoints(
        of tenant: Tenant, _ endpoint: TokenVersion, _ request: EmulatorRequest
    ) -> Set<String> {
        let path = endpoint == .v1 ? "oauth2/token" : "oauth2/v2.0/token"
        let named = [base, request.origin].flatMap { root in
            ([tenant.id] + tenant.domains).map { "\(root)/\($0)/\(path)" }
        }
        return Set(named + [request.origin + request.path])
    }

    // MARK: Federation

    /// Checks that a federated credential of the application is about the token, and that its issuer signed it.
    private func checkFederation(
        of token: PresentedToken, _ text: String, for application: Application, at time: Date
    ) async throws {
        let issuer = token.claims.iss ?? ""
        let subject = token.claims.sub ?? ""
        guard !application.federatedCredentials.isEmpty else { throw TokenError.noFederation(token) }
        let sameIssuer = application.federatedCredentials.filter { resolved(issuer: $0.issuer) == issuer }
        guard !sameIssuer.isEmpty else { throw TokenError.noFederation(issuer: issuer) }
        let sameSubject = sameIssuer.filter { $0.subject == subject }
        guard !sameSubject.isEmpty else { throw TokenError.noFederation(subject: subject) }
        let audiences = token.claims.aud?.values ?? []
        guard sameSubject.contains(where: { audiences.contains($0.audience) }) else {
            throw TokenError.noFederation(audience: audiences.joined(separator: " "))
        }
        switch try await externalSignature(of: token, text) {
        case .good: break
        case .bad: throw TokenError.badFederatedSignature
        case .unknownIssuer: throw TokenError.unreachableIssuer
        }
    }
}

extension PresentedToken {
    /// The thumbprint in the header, the longer one if there are two; `nil` when none can be read.
    fileprivate var thumbprint: Data? { (header.x5tS256 ?? header.x5t).flatMap(Self.decodedThumbprint) }

    /// Whether all that the header says of its certificate is true of `certificate`.
    fileprivate func names(_ certificate: ApplicationCertificate) -> Bool {
        if let x5t = header.x5t, Self.decodedThumbprint(x5t) != certificate.sha1 { return false }
        if let x5t = header.x5tS256, Self.decodedThumbprint(x5t) != certificate.sha256 { return false }
        guard let chain = header.x5c else { return true }
        // msal leaves the line breaks of the PEM in its chain.
        let leaf = chain.first.flatMap { Data(base64Encoded: $0, options: .ignoreUnknownCharacters) }
        return leaf == certificate.der
    }

    /// msal writes thumbprints with padding, others without.
    private static func decodedThumbprint(_ text: String) -> Data? {
        Base64URL.decode(text.prefix { $0 != "=" })
    }
}
