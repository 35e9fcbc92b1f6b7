import FoundationEssentials
import HTTPTypes

/// A refusal of Databricks' token endpoint (RFC 6749, section 5.2), which knows no AADSTS codes.
struct OAuthError: Error, Encodable {
    let error: String
    let errorDescription: String

    private init(_ error: String, _ description: String) {
        self.error = error
        errorDescription = description
    }

    static let clientUnknown = OAuthError("invalid_client", "Client authentication failed")

    static func invalidRequest(_ description: String) -> OAuthError { OAuthError("invalid_request", description) }

    static func unsupportedGrant(_ grant: String) -> OAuthError {
        OAuthError("unsupported_grant_type", "The grant type '\(grant)' is not supported.")
    }

    /// RFC 8693, section 2.2.2: a subject token that is not acceptable is an invalid request.
    static func unacceptable(_ reason: String) -> OAuthError {
        OAuthError("invalid_request", "The subject token is not acceptable: \(reason).")
    }

    var answer: EmulatorResponse {
        let isClient = error == "invalid_client"
        return .json(
            self, keys: .convertToSnakeCase, status: isClient ? .unauthorized : .badRequest,
            fields: isClient ? [.wwwAuthenticate: "Basic realm=\"databricks\""] : [:]
        )
    }
}
