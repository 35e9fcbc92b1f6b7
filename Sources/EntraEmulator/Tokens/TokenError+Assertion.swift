import FoundationEssentials
import HTTPTypes

/// Refusals of a client assertion. The texts begin as Entra's do in public issue threads; what an assertion says is
/// quoted, its signature never.
extension TokenError {
    private static let certificates = "https://learn.microsoft.com/entra/identity-platform/certificate-credentials"
    private static let federation = "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"

    static let unreadableAssertion = TokenError(
        50027, "invalid_request", .badRequest, "JWT token is invalid or malformed."
    )

    static let assertionWithoutThumbprint = TokenError(
        50027, "invalid_request", .badRequest,
        "Invalid JWT token. No certificate thumbprint specified in token header."
    )

    static func assertionWithout(_ claim: String) -> TokenError {
        TokenError(50027, "invalid_request", .badRequest, "Invalid JWT token. The claim '\(claim)' is missing.")
    }

    static let unknownAlgorithm = TokenError(
        5_002_730, "invalid_request", .badRequest, "Invalid JWT token. Unsupported key for the signing algorithm."
    )

    // MARK: Certificates

    /// - Parameter reason: in Entra's words, such as `The key was not found.`
    static func badAssertionSignature(
        _ reason: String, thumbprint: Data, of application: Application, found: ApplicationCertificate? = nil
    ) -> TokenError {
        let hexadecimal = thumbprint.map { byte in
            String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
        }
        let key = found.map {
            " Found key 'Start=\($0.notBefore.ISO8601Format()), End=\($0.notAfter.ISO8601Format())',"
        }
        let beginning =
            found == nil
            ? "The certificate with identifier used to sign the client assertion is not registered on application."
            : "Client assertion contains an invalid signature."
        return TokenError(
            700_027, "invalid_client", .unauthorized,
            "\(beginning) [Reason - \(reason), Thumbprint of key used by client: '\(hexadecimal.joined())',"
                + "\(key ?? "") Please visit the Azure Portal, Graph Explorer or directly use MS Graph to see configured "
                + "keys for app Id '\(application.clientId)'.]"
        )
    }

    static func assertionOutOfTime(_ token: PresentedToken, at time: Date) -> TokenError {
        func text(_ seconds: Double?) -> String {
            Date(timeIntervalSince1970: seconds ?? 0).ISO8601Format(.init(includingFractionalSeconds: true))
        }
        return TokenError(
            700_024, "invalid_client", .unauthorized,
            "Client assertion is not within its valid time range. Current time: \(text(time.timeIntervalSince1970)), "
                + "assertion valid from \(text(token.claims.nbf)), expiry time of assertion "
                + "\(text(token.claims.exp)). Review the documentation at \(certificates) ."
        )
    }

    static let assertionForAnother = TokenError(
        700_023, "invalid_client", .unauthorized,
        "Client assertion audience claim does not match Realm issuer. Review the documentation at \(certificates) ."
    )

    static let assertionOfAnother = TokenError(
        700_021, "invalid_client", .unauthorized,
        "Client assertion application identifier doesn't match 'client_id' parameter. Review the documentation at "
            + "\(certificates) ."
    )

    // MARK: Federation

    static func noFederation(_ token: PresentedToken) -> TokenError {
        TokenError(
            70021, "invalid_client", .unauthorized,
            "No matching federated identity record found for presented assertion. Assertion Issuer: "
                + "'\(token.claims.iss ?? "")'. Assertion Subject: '\(token.claims.sub ?? "")'. Assertion Audience: "
                + "'\(token.claims.aud?.values.joined(separator: " ") ?? "")'. \(federation)"
        )
    }

    static func noFederation(issuer: String) -> TokenError { mismatch(700_211, "issuer", issuer) }
    static func noFederation(audience: String) -> TokenError { mismatch(700_212, "audience", audience) }
    static func noFederation(subject: String) -> TokenError { mismatch(700_213, "subject", subject) }

    private static func mismatch(_ code: Int, _ what: String, _ value: String) -> TokenError {
        TokenError(
            code, "invalid_client", .unauthorized,
            "No matching federated identity record found for presented assertion \(what) '\(value)'. Check your "
                + "federated identity credential Subject, Audience and Issuer against the presented assertion. "
                + federation
        )
    }

    static let unreachableIssuer = TokenError(
        50166, "invalid_request", .badRequest,
        "Request to External OIDC endpoint failed. (The emulator asks nobody; it plays the issuers under /external.)"
    )

    static let badFederatedSignature = TokenError(
        700_027, "invalid_client", .unauthorized, "Client assertion failed signature validation."
    )
}
