import FoundationEssentials
import HTTPTypes

/// A refusal of the token or discovery endpoint: an AADSTS code with all that comes with it.
struct TokenError: Error {
    let code: Int
    let error: String
    let status: HTTPResponse.Status
    let text: String
    /// The fault that made it, when all was right with the request.
    var fault: Fault.Name?

    init(_ code: Int, _ error: String, _ status: HTTPResponse.Status, _ text: String) {
        self.code = code
        self.error = error
        self.status = status
        self.text = text
    }

    // MARK: The client

    static func wrongSecret(_ clientId: String) -> TokenError {
        TokenError(
            7_000_215, "invalid_client", .unauthorized,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
                + "not the client secret ID, for a secret added to app '\(clientId)'."
        )
    }

    static func expiredSecret(_ clientId: String) -> TokenError {
        TokenError(
            7_000_222, "invalid_client", .unauthorized,
            "The provided client secret keys for app '\(clientId)' are expired. Visit the Azure portal to create new "
                + "keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for "
                + "added security: https://aka.ms/certCreds."
        )
    }

    static let noCredential = TokenError(
        7_000_218, "invalid_client", .unauthorized,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'."
    )

    static func unknownApplication(_ clientId: String, in tenant: Tenant) -> TokenError {
        TokenError(
            700_016, "unauthorized_client",
            "Application with identifier '\(clientId)' was not found in the directory '\(tenant.name)'. This can "
                + "happen if the application has not been installed by the administrator of the tenant or consented "
                + "to by any user in the tenant. You may have sent your authentication request to the wrong tenant."
        )
    }

    static func disabled(_ application: Application) -> TokenError {
        TokenError(
            7_000_112, "unauthorized_client",
            "Application '\(application.clientId)'(\(application.displayName)) is disabled."
        )
    }

    // MARK: The tenant

    static func unknownTenant(_ name: String, discovery: Bool) -> TokenError {
        TokenError(
            90002, discovery ? "invalid_tenant" : "invalid_request",
            "Tenant '\(name)' not found. Check to make sure you have the correct tenant ID and are signing into the "
                + "correct cloud. Check with your subscription administrator, this may happen if there are no active "
                + "subscriptions for the tenant."
        )
    }

    static func malformedTenant(_ name: String, discovery: Bool) -> TokenError {
        TokenError(
            900_023, discovery ? "invalid_tenant" : "invalid_request",
            "Specified tenant identifier '\(name)' is neither a valid DNS name, nor a valid external domain."
        )
    }

    // MARK: What is asked for

    static func missing(_ parameter: String) -> TokenError {
        TokenError(
            900_144, "invalid_request", "The request body must contain the following parameter: '\(parameter)'."
        )
    }

    static func unsupportedGrant(_ grant: String) -> TokenError {
        TokenError(70003, "unsupported_grant_type", "The app requested an unsupported grant type '\(grant)'.")
    }

    static func unknownResource(_ resource: String, in tenant: Tenant) -> TokenError {
        TokenError(
            500_011, "invalid_resource",
            "The resource principal named \(resource) was not found in the tenant named \(tenant.name). This can "
                + "happen if the application has not been installed by the administrator of the tenant or consented "
                + "to by any user in the tenant. You might have sent your authentication request to the wrong tenant."
        )
    }

    static func invalidScope(_ scope: String) -> TokenError {
        TokenError(
            70011, "invalid_scope",
            "The provided request must include a 'scope' input parameter. The provided value for the input parameter "
                + "'scope' is not valid. The scope \(scope) is not valid."
        )
    }

    static func scopeWithoutDefault(_ scope: String) -> TokenError {
        TokenError(
            1_002_012, "invalid_scope",
            "The provided value for scope \(scope) is not valid. Client credential flows must have a scope value "
                + "with /.default suffixed to the resource identifier (application ID URI)."
        )
    }

    private init(_ code: Int, _ error: String, _ text: String) { self.init(code, error, .badRequest, text) }
}
