import FoundationEssentials
import HTTPTypes

/// What a client asks of a token endpoint (wire.md 1.1 and 1.2; RFC 6749, sections 2.3.1 and 4.4.2).
struct TokenRequest {
    let clientId: String
    let secret: String?
    /// A client assertion of the one type there is; one of another type is none.
    let assertion: String?
    let form: Form

    /// Reads the form, and HTTP Basic where the form names no secret.
    init(_ request: EmulatorRequest) throws(TokenError) {
        form = request.form
        guard let grant = form["grant_type"] else { throw .missing("grant_type") }
        guard grant == "client_credentials" else { throw .unsupportedGrant(grant) }
        let basic = Self.basic(request.fields[.authorization])
        guard let id = form["client_id"] ?? basic?.id else { throw .missing("client_id") }
        clientId = id
        secret = form["client_secret"] ?? basic?.secret
        let isJWT = form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        assertion = isJWT ? form["client_assertion"] : nil
    }

    /// The resource of a v2 request: its one scope without `/.default`. A slash before that stays, so that
    /// `https://management.azure.com//.default` asks for a resource that ends in one.
    func resourceOfScope() throws(TokenError) -> String {
        guard let scope = form["scope"] else { throw .missing("scope") }
        let scopes = scope.split(separator: " ")
        guard let only = scopes.first, scopes.count == 1 else { throw .invalidScope(scope) }
        guard only.hasSuffix("/.default") else { throw .scopeWithoutDefault(scope) }
        let resource = only.dropLast("/.default".count)
        guard !resource.isEmpty else { throw .invalidScope(scope) }
        return String(resource)
    }

    /// The resource of a v1 request. A scope beside it says nothing; Databricks' Python client sends one.
    func resource() throws(TokenError) -> String {
        guard let resource = form["resource"] else { throw .missing("resource") }
        return resource
    }

    /// The client id and secret of an `Authorization` field (RFC 6749, section 2.3.1), both form-encoded in it.
    static func basic(_ field: String?) -> (id: String, secret: String)? {
        guard let field, field.lowercased().hasPrefix("basic "),
            let pair = Data(base64Encoded: String(field.dropFirst("basic ".count)))
        else { return nil }
        let sides = pair.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, let id = Form.decode(sides[0], plusIsSpace: true),
            let secret = Form.decode(sides[1], plusIsSpace: true)
        else { return nil }
        return (id, secret)
    }
}
