import HTTPTypes
import Vault

/// A network that is away: nothing that is measured here sends a request.
struct NoTransport: HTTPTransport {
    func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        throw .unreachable("a benchmark sends no requests")
    }
}
