internal import HTTPTypes
internal import Vault

/// Why a client gets no token, as its SDK takes it best.
struct Refusal: Error {
    var status: HTTPResponse.Status
    /// One word, as `error` of OAuth has it.
    var error: String
    var message: String
    /// Seconds.
    var retryAfter: Int?
    var allow: HTTPRequest.Method?
    /// Whether the rest of the connection is not to be read.
    var closes: Bool
    /// How to say it, where the request did not come as far as to a dialect.
    var dialect: Dialect?

    init(
        _ status: HTTPResponse.Status, _ error: String, _ message: String, allow: HTTPRequest.Method? = nil,
        closes: Bool = false
    ) {
        self.status = status
        self.error = error
        self.message = message
        self.allow = allow
        self.closes = closes
    }
}

extension Refusal {
    /// SDKs try 404, 410, 429 and 5xx again, up to five times and for half a minute (wire reference, 4.4), before they show
    /// what was said. What trying again does not cure is therefore 400, also where the fault is not the client's: a locked
    /// vault, a profile that is gone, a refusal of the provider.
    init(_ failure: VaultError) {
        let message = failure.hint.map { "\(failure.message) (\($0))" } ?? failure.message
        switch failure.code {
        case .refused: self.init(.badRequest, failure.refusal?.error ?? "invalid_client", message)
        case .usage: self.init(.badRequest, "invalid_resource", message)
        case .notFound: self.init(.badRequest, "identity_not_found", message)
        case .locked: self.init(.badRequest, "vault_locked", message)
        case .policy: self.init(.forbidden, "access_denied", message)
        case .tryAgain:
            self.init(.tooManyRequests, "temporarily_unavailable", message)
            retryAfter = Self.pause
        case .unavailable: self.init(.serviceUnavailable, "temporarily_unavailable", message)
        case .inputOutput: self.init(.internalServerError, "server_error", message)
        case .finding, .damaged, .internalError, .exists, .notUnderstood:
            self.init(.badRequest, "server_error", message)
        }
    }

    /// Seconds; as long as MSAL waits where it is told nothing.
    private static let pause = 5
}
