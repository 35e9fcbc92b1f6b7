public import FoundationEssentials
internal import HTTPTypes

/// Tokens of Microsoft Entra ID, for a client secret, a certificate or another provider's assertion: the v2 token endpoint
/// (wire reference, 1.1).
///
/// The endpoint's address is a template, so nothing is discovered first: one token, one request.
public struct EntraProvider: CredentialProvider {
    private let client: RetryingClient
    private let userAgent: String

    /// - Parameter userAgent: how the requests introduce themselves.
    public init(
        transport: any HTTPTransport, clock: RetryClock, policy: RetryPolicy = RetryPolicy(),
        userAgent: String = "vaultctl"
    ) {
        client = RetryingClient(transport: transport, policy: policy, clock: clock)
        self.userAgent = userAgent
    }

    /// A provider that waits in real time and takes the date from `now`.
    public init(transport: any HTTPTransport, now: @escaping @Sendable () -> Date, userAgent: String = "vaultctl") {
        self.init(transport: transport, clock: .system(now: now), userAgent: userAgent)
    }

    public func accessToken(
        for grant: GrantRequest, secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken {
        var form = FormBody()
        form.add("client_id", grant.clientID)
        form.add("grant_type", "client_credentials")
        form.add("scope", grant.audience.scope)
        let request = try Self.request(for: grant, userAgent: userAgent)
        let sent = try await proof(for: grant, at: request, secret)
        switch grant.proof {
        case .clientSecret: form.add("client_secret", sent)
        case .certificate, .federated:
            form.add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
            form.add("client_assertion", sent)
        }
        let exchange = try await client.send(request, body: form.finish(), peer: "the identity provider")
        guard exchange.status == 200 else { throw EntraFailure.error(of: exchange, secret: sent) }
        return try TokenAnswer.token(in: exchange, grant: grant)
    }

    /// What proves who the client is, as it is sent. `claims` is not sent with it: a client that says it handles claims
    /// challenges gets tokens of a day that can be revoked early, and whoever uses our tokens may not handle that.
    private func proof(
        for grant: GrantRequest, at endpoint: HTTPRequest, _ secret: borrowing SecretBytes
    ) async throws(VaultError) -> SecretBytes {
        switch grant.proof {
        case .clientSecret: return secret.copy()
        case .federated(let source): return try await source.read()
        case .certificate(let form):
            let assertion = ClientAssertion(
                clientID: grant.clientID, audience: "https://\(endpoint.authority ?? "")\(endpoint.path ?? "")",
                form: form, time: client.clock.now())
            return try assertion.signed(with: ClientCertificate(sealed: secret))
        }
    }

    private static func request(for grant: GrantRequest, userAgent: String) throws(VaultError) -> HTTPRequest {
        let authority = try Endpoint(grant.authority, what: "authority")
        // The tenant becomes part of the address: nothing in it may end the path it is in, or climb out of it.
        guard TenantName.isValid(grant.tenant) else {
            throw VaultError(
                .usage, "a tenant is a directory id or a verified domain name",
                hint: "for example --tenant contoso.onmicrosoft.com")
        }
        var fields = HTTPFields()
        fields[.accept] = "application/json"
        fields[.contentType] = "application/x-www-form-urlencoded"
        fields[.userAgent] = userAgent
        fields[.clientRequestID] = grant.correlationID
        fields[.returnClientRequestID] = "true"
        return authority.request(.post, "/\(grant.tenant)/oauth2/v2.0/token", fields: fields)
    }
}
