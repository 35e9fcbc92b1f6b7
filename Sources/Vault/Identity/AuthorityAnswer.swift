package import FoundationEssentials
internal import HTTPTypes

/// What an authority's answer to a request for nothing tells: that it is there, that TLS trusts it, and what time it has.
package struct AuthorityAnswer: Sendable, Equatable {
    /// How far its clock is ahead of ours, in seconds; nil where it told no time.
    package var ahead: TimeInterval?
    /// How much of that may be the way there and back, and the second that the field ``ahead`` comes from is rounded to.
    package var uncertainty: TimeInterval

    /// How far the clocks are apart at the least.
    package var apart: TimeInterval? { ahead.map { max(0, abs($0) - uncertainty) } }

    /// Asks `address` for the head of its first page. No credential goes with it, and any status is an answer.
    ///
    /// - Parameters:
    ///   - address: an `https` address; its path does not matter.
    ///   - now: this machine's clock.
    /// - Throws: code `unavailable` when no answer came or the peer is not trusted, `usage` when it cannot be asked.
    package static func of(
        _ address: String, through transport: any HTTPTransport, now: @Sendable () -> Date
    ) async throws(VaultError) -> AuthorityAnswer {
        let endpoint = try Endpoint(address, what: "authority").origin
        let sent = now()
        do throws(HTTPTransportError) {
            let answer = try await transport.send(endpoint.request(.head, "/", fields: [:]), body: SecretBytes())
            return AuthorityAnswer(
                date: answer.head.headerFields[.date].flatMap(RetryAfter.date), sent: sent, received: now())
        } catch {
            throw VaultError(error, peer: "the identity provider", at: endpoint.authority)
        }
    }

    /// - Parameters:
    ///   - date: the `Date` field, whole seconds of the moment at which the answer was made.
    ///   - sent: when the request went out, by our clock.
    ///   - received: when the answer was here, by our clock.
    init(date: Date?, sent: Date, received: Date) {
        let travel = max(0, received.timeIntervalSince(sent))
        uncertainty = travel / 2 + 0.5
        ahead = date.map { $0.timeIntervalSince(sent) + 0.5 - travel / 2 }
    }

    /// The host of an address, with its port where that is another than 443: what is asked once.
    /// - Returns: nil for what is no address.
    package static func host(of address: String) -> String? { Endpoint(address)?.authority }
}
