internal import FoundationEssentials
internal import HTTPTypes

/// Tokens of a Databricks workspace or account, for service principals that Databricks manages (wire reference, 7.4 and
/// 7.5): for a client secret, or in exchange for another identity provider's token.
struct DatabricksProvider: CredentialProvider {
    let client: RetryingClient
    let userAgent: String

    func accessToken(
        for grant: GrantRequest, secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken {
        let endpoint = try Endpoint(grant.authority, what: "workspace")
        var fields = HTTPFields()
        fields[.accept] = "application/json"
        fields[.contentType] = "application/x-www-form-urlencoded"
        fields[.userAgent] = userAgent
        var form = FormBody()
        form.add("scope", grant.audience.scope)
        let sent: SecretBytes
        switch grant.proof {
        case .clientSecret:
            form.add("grant_type", "client_credentials")
            // The one way to send it that is known to be taken. The field is a string for as long as the request is.
            fields[.authorization] = Self.basic(grant.clientID, secret)
            sent = secret.copy()
        case .federated(let source):
            let assertion = try await source.read()
            form.add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
            form.add("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")
            form.add("subject_token", assertion)
            form.add("client_id", grant.clientID)
            sent = assertion
        case .certificate:
            throw VaultError(.usage, "Databricks takes no certificates")
        }
        let exchange = try await client.send(
            endpoint.request(.post, "/v1/token", fields: fields), body: form.finish(), peer: "Databricks")
        guard exchange.status == 200 else {
            throw EntraFailure.error(of: exchange, secret: sent, field: fields[.authorization])
        }
        return try TokenAnswer.token(in: exchange, grant: grant)
    }

    /// RFC 6749, section 2.3.1: both are form-encoded first.
    private static func basic(_ clientID: String, _ secret: borrowing SecretBytes) -> String {
        var pair = FormBody.encoded(SecretBytes(copyingText: clientID)).array()
        pair.append(UInt8(ascii: ":"))
        var encoded = FormBody.encoded(secret).array()
        pair += encoded
        encoded.wipe()
        defer { pair.wipe() }
        return "Basic " + Data(pair).base64EncodedString()
    }
}
