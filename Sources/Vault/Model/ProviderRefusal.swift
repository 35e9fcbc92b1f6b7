/// What a token endpoint said when it refused (RFC 6749, section 5.2, with Entra's additions).
public struct ProviderRefusal: Sendable, Equatable {
    /// `error`, the one field that RFC 6749 lets a client react to: `invalid_client`, ….
    public var error: String
    /// The first of `error_codes`, without the letters: 7000215. Nil where the provider sent none.
    public var aadsts: Int?
    public var traceID: String?
    /// The provider's echo of our `client-request-id`: what its support asks for.
    public var correlationID: String?
    /// All that the provider said, in one line fit to be shown; nil where it said nothing, or repeated the secret. For
    /// callers that pass it on: it is shown and never read, and the record does not keep it.
    public var text: String?

    public init(
        error: String, aadsts: Int? = nil, traceID: String? = nil, correlationID: String? = nil, text: String? = nil
    ) {
        self.error = error
        self.aadsts = aadsts
        self.traceID = traceID
        self.correlationID = correlationID
        self.text = text
    }
}
