internal import FoundationEssentials
internal import HTTPTypes

/// Sends requests of JSON with a bearer token, each once.
struct RegistryClient: Sendable {
    let client: RetryingClient
    let endpoint: Endpoint
    /// Who is asked, as an error names it.
    let peer: String
    /// The token of whoever manages the credentials; a fresh one, when what the one in the cache may do is too old.
    let token: @Sendable (_ isFresh: Bool) async throws(VaultError) -> SharedSecret

    /// Never sent again by itself: see ``CredentialRegistry``.
    static func once(_ transport: any HTTPTransport, _ clock: RetryClock) -> RetryingClient {
        RetryingClient(transport: transport, policy: RetryPolicy(attempts: 1), clock: clock)
    }

    /// - Parameter path: percent-encoded, below the endpoint.
    /// - Throws: what kept an answer away, and whether the request can have reached anybody.
    func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = []
    ) async throws(RegistryError) -> RetryingClient.Exchange {
        let exchange = try await send(method, path, body, with: try await bearer(isFresh: false))
        // A permission that was granted since is in a new token only. What was denied did nothing.
        guard exchange.status == 401 || exchange.status == 403 else { return exchange }
        return try await send(method, path, body, with: try await bearer(isFresh: true))
    }

    private func bearer(isFresh: Bool) async throws(RegistryError) -> SharedSecret {
        do {
            return try await token(isFresh)
        } catch { throw RegistryError(error, isWithoutEffect: true) }
    }

    private func send(
        _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8], with bearer: SharedSecret
    ) async throws(RegistryError) -> RetryingClient.Exchange {
        var fields = HTTPFields()
        fields[.accept] = "application/json"
        fields[.userAgent] = "vaultctl"
        if !body.isEmpty { fields[.contentType] = "application/json" }
        fields[.clientRequestID] = UUID().uuidString.lowercased()
        // The field is a string for as long as the request is: HTTP fields are text.
        var value: [UInt8] = Array("Bearer ".utf8) + bearer.bytes.withBytes { $0.array }
        fields.append(HTTPField(name: .authorization, value: value))
        value.wipe()
        do {
            return try await client.send(
                endpoint.request(method, path, fields: fields), body: body.withRawSpan { SecretBytes(copying: $0) },
                peer: peer)
        } catch {
            throw RegistryError(error, isWithoutEffect: false)
        }
    }

    /// The same for what changes nothing.
    func read<Value: Decodable>(_ type: Value.Type, _ path: String) async throws(VaultError) -> Document<Value> {
        let exchange: RetryingClient.Exchange
        do {
            exchange = try await send(.get, path)
        } catch { throw error.error }
        guard exchange.status == 200 else { throw failure(exchange) }
        do {
            return Document(
                value: try BoundedJSON(exchange.answer.body).decode(type), clockLead: Self.clockLead(of: exchange))
        } catch {
            throw notUnderstood(error.description)
        }
    }

    /// What was read, and how far the provider's clock is ahead of ours.
    struct Document<Value> {
        let value: Value
        let clockLead: TimeInterval?
    }

    private static func clockLead(of exchange: borrowing RetryingClient.Exchange) -> TimeInterval? {
        guard let field = exchange.answer.head.headerFields[.date], let date = RetryAfter.date(field) else {
            return nil
        }
        return date.timeIntervalSince(exchange.sentAt)
    }

    // MARK: Failures

    /// The answer to something that changes something, if it was a success.
    func succeeded(_ exchange: consuming RetryingClient.Exchange) throws(RegistryError) -> RetryingClient.Exchange {
        guard !(200...299).contains(exchange.status) else {
            // A page of the network's own is a success of nobody who was asked.
            guard exchange.answer.body.isEmpty || isJSON(exchange.answer.body) else {
                throw RegistryError(notUnderstood("something else than JSON"), isWithoutEffect: false)
            }
            return exchange
        }
        // What is refused is not done; a gateway in between may have let it through before it failed.
        let isCertain = (400...499).contains(exchange.status) && exchange.status != 408
        throw RegistryError(failure(exchange), isWithoutEffect: isCertain)
    }

    /// What an answer that is no success means, as far as all providers have it in common.
    func failure(_ exchange: borrowing RetryingClient.Exchange) -> VaultError {
        let problem = problem(in: exchange)
        let status = exchange.status
        let said = problem.text.map { ": \($0)" } ?? ""
        switch status {
        case 429:
            return VaultError(
                .tryAgain, "\(peer) is throttling", hint: "try again in \(exchange.retryAfter ?? 60) s",
                retryAfter: exchange.retryAfter.map(TimeInterval.init))
        case 500...599:
            return VaultError(
                .unavailable, "\(peer) cannot answer now, status \(status)\(said)", hint: "try again in a minute",
                retryAfter: exchange.retryAfter.map(TimeInterval.init))
        case 300...399:
            return notUnderstood("a redirect, status \(status), which is never followed")
        case 401:
            return VaultError(
                .refused, "\(peer) did not accept the token\(said)",
                hint: "check this machine's clock and the profile's cloud", refusal: problem.refusal)
        default:
            return VaultError(.refused, "\(peer) refused, status \(status)\(said)", refusal: problem.refusal)
        }
    }

    /// Told by the first byte: the rest may be a secret, which is not to be copied for this.
    private func isJSON(_ body: borrowing SecretBytes) -> Bool {
        body.withBytes { bytes in
            for offset in 0..<min(bytes.byteCount, 64) where bytes.octet(at: offset) > 0x20 {
                return bytes.octet(at: offset) == UInt8(ascii: "{") || bytes.octet(at: offset) == UInt8(ascii: "[")
            }
            return false
        }
    }

    func notUnderstood(_ what: String) -> VaultError {
        VaultError(
            .unavailable, "\(peer) did not answer as such: it sent \(what)",
            hint: "check the cloud of the profile, and any proxy in between")
    }

    /// What a provider says went wrong.
    struct Problem {
        /// Its word for it, empty where it has none.
        var code = ""
        /// What it says to people, fit to be shown.
        var text: String?

        var refusal: ProviderRefusal? { code.isEmpty ? nil : ProviderRefusal(error: code) }
    }

    /// Graph's and Databricks' ways of saying it (wire reference, 8.1 and 8.4).
    func problem(in exchange: borrowing RetryingClient.Exchange) -> Problem {
        let body: Body
        do {
            body = try BoundedJSON(exchange.answer.body).decode(Body.self)
        } catch {
            // The status tells enough; a body that is not the usual one adds nothing.
            return Problem()
        }
        let text = ShownText.cleaned(body.error?.message ?? body.message ?? "", limit: EntraFailure.longestText)
        return Problem(
            code: ShownText.identifier(body.error?.code ?? body.error_code) ?? "", text: text.isEmpty ? nil : text)
    }

    private struct Body: Decodable {
        struct Details: Decodable {
            let code: String?
            let message: String?
        }
        let error: Details?
        let error_code: String?
        let message: String?
    }
}
