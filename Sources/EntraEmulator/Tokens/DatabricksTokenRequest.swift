import HTTPTypes

/// What a client asks of Databricks' token endpoint (RFC 6749, section 4.4.2; RFC 8693, section 2.1).
struct DatabricksTokenRequest {
    enum Grant: String, CaseIterable {
        case clientCredentials = "client_credentials"
        case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    }

    let grant: Grant
    let clientId: String
    let secret: String?
    let scope: String
    /// The token to be exchanged, where that is the grant.
    let subjectToken: String?

    /// Reads the form, and HTTP Basic where the form names no client.
    init(_ request: EmulatorRequest) throws(OAuthError) {
        let form = request.form
        guard let named = form["grant_type"] else { throw .invalidRequest("grant_type is missing") }
        guard let grant = Grant(rawValue: named) else { throw .unsupportedGrant(named) }
        let basic = TokenRequest.basic(request.fields[.authorization])
        guard let scope = form["scope"] else { throw .invalidRequest("scope is missing") }
        self.grant = grant
        self.scope = scope
        secret = basic?.secret ?? form["client_secret"]
        guard let id = basic?.id ?? form["client_id"] else {
            // Without a client the policies of the account would decide; the directory has none.
            throw grant == .clientCredentials ? .clientUnknown : .invalidRequest("client_id is missing")
        }
        clientId = id
        subjectToken = form["subject_token"]
        guard grant == .tokenExchange else { return }
        guard subjectToken != nil else { throw .invalidRequest("subject_token is missing") }
        guard form["subject_token_type"] == "urn:ietf:params:oauth:token-type:jwt" else {
            throw .invalidRequest("subject_token_type must be urn:ietf:params:oauth:token-type:jwt")
        }
    }
}
