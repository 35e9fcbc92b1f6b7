public import FoundationEssentials
internal import HTTPTypes

/// Tokens of Microsoft Entra ID for a client secret: the v2 token endpoint (wire reference, 1.1).
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
        let request = try Self.request(for: grant, userAgent: userAgent)
        let exchange = try await client.send(
            request, body: Self.form(for: grant, secret: secret), peer: "the identity provider")
        guard exchange.status == 200 else { throw EntraFailure.error(of: exchange, secret: secret) }
        return try Self.token(in: exchange, grant: grant)
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

    /// The fields of the wire reference, 1.1. `claims` is not sent: a client that says it handles claims challenges
    /// gets tokens of a day that can be revoked early, and whoever uses our tokens may not handle that.
    private static func form(for grant: GrantRequest, secret: borrowing SecretBytes) -> SecretBytes {
        var form = FormBody()
        form.add("client_id", grant.clientID)
        form.add("grant_type", "client_credentials")
        form.add("scope", grant.audience.scope)
        form.add("client_secret", secret)
        return form.finish()
    }

    private struct Success: Decodable {
        let token_type: String
        let expires_in: LenientInteger
    }

    /// Longest life that is believed, in seconds: the longest known is 28 hours (wire reference, 1.5).
    private static let longestLife = 48 * 3600
    /// Bytes. Entra's tokens have a few thousand; a row of the vault has room for 64 KiB.
    private static let longestToken = 32 << 10

    private static func token(
        in exchange: borrowing RetryingClient.Exchange, grant: GrantRequest
    ) throws(VaultError) -> AccessToken {
        let document = try document(in: exchange)
        let success = try success(in: document, of: exchange)
        guard let token = document.secret?.copy(), !token.isEmpty else {
            throw EntraFailure.notATokenEndpoint("it gave no access token")
        }
        guard token.count <= longestToken else { throw EntraFailure.notATokenEndpoint("its token is too long") }
        guard success.token_type.lowercased() == "bearer" else {
            throw EntraFailure.notATokenEndpoint("its token is not a bearer token")
        }
        let life = success.expires_in.value
        guard (1...longestLife).contains(life) else {
            throw EntraFailure.notATokenEndpoint("its token lives for a time that makes no sense")
        }
        let fields = exchange.answer.head.headerFields
        let tokenID = TokenID.read(from: token)
        return AccessToken(
            value: token, tokenType: "Bearer", issuedAt: exchange.sentAt,
            expiresAt: exchange.sentAt.addingTimeInterval(TimeInterval(life)), tokenID: tokenID,
            correlationID: ShownText.identifier(fields[.clientRequestID]) ?? grant.correlationID,
            traceID: ShownText.identifier(fields[.requestID]))
    }

    private static func document(in exchange: borrowing RetryingClient.Exchange) throws(VaultError) -> BoundedJSON {
        do {
            return try BoundedJSON(exchange.answer.body, secretKey: "access_token")
        } catch {
            throw EntraFailure.notATokenEndpoint(exchange, because: error)
        }
    }

    private static func success(
        in document: borrowing BoundedJSON, of exchange: borrowing RetryingClient.Exchange
    ) throws(VaultError) -> Success {
        do {
            return try document.decode(Success.self)
        } catch {
            throw EntraFailure.notATokenEndpoint(exchange, because: error)
        }
    }
}
