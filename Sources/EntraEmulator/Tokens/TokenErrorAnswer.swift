import FoundationEssentials
import HTTPTypes

/// The body of a refusal, as the token endpoints write it.
struct TokenErrorAnswer: Encodable {
    let error: String
    let errorDescription: String
    let errorCodes: [Int]
    let timestamp: String
    let traceId: String
    let correlationId: String
    let errorUri: String

    /// - Parameter separator: stands between the parts of the description. Both a space and CRLF are in the wild;
    ///   the v1 endpoint here uses CRLF and the v2 endpoint a space, so that a client meets both.
    init(_ cause: TokenError, to request: EmulatorRequest, base: String, separator: String) {
        let now = Timestamp.spaced(request.time)
        traceId = UUID().uuidString.lowercased()
        correlationId = request.fields[.clientRequestId] ?? UUID().uuidString.lowercased()
        timestamp = now
        error = cause.error
        errorCodes = [cause.code]
        errorUri = "\(base)/error?code=\(cause.code)"
        errorDescription = [
            "AADSTS\(cause.code): \(cause.text)", "Trace ID: \(traceId)", "Correlation ID: \(correlationId)",
            "Timestamp: \(now)",
        ].joined(separator: separator)
    }
}

extension TokenError {
    /// The whole answer to `request`.
    func answer(to request: EmulatorRequest, base: String, separator: String) -> EmulatorResponse {
        let body = TokenErrorAnswer(self, to: request, base: base, separator: separator)
        var response = EmulatorResponse.json(
            body, keys: .convertToSnakeCase, status: status,
            fields: [.cacheControl: "no-store, no-cache", .requestId: body.traceId]
        )
        response.fault = fault
        return response
    }
}
