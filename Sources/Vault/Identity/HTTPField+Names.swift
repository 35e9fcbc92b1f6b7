internal import HTTPTypes

extension HTTPField.Name {
    /// Sent: our own id of the request, which the provider keeps in its logs and gives back.
    static let clientRequestID = named("client-request-id")
    static let returnClientRequestID = named("return-client-request-id")
    /// Received: the provider's id of the request, the same as `trace_id` in an error.
    static let requestID = named("x-ms-request-id")

    private static func named(_ name: String) -> HTTPField.Name {
        // The three names above are tokens of RFC 9110, so this is never nil.
        guard let field = HTTPField.Name(name) else { preconditionFailure("not a field name: \(name)") }
        return field
    }
}
