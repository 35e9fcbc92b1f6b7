internal import FoundationEssentials
internal import HTTPTypes

/// Sends what may be sent again, as often as a ``RetryPolicy`` allows.
struct RetryingClient: Sendable {
    let transport: any HTTPTransport
    let policy: RetryPolicy
    let clock: RetryClock

    /// The last answer, whatever its status, and when its request went out.
    struct Exchange: ~Copyable {
        let answer: HTTPAnswer
        let sentAt: Date
        /// `Retry-After`, in seconds.
        let retryAfter: Int?

        var status: Int { answer.head.status.code }
    }

    /// - Parameter peer: who is asked, as an error names it: "the identity provider".
    /// - Throws: ``VaultError`` when no attempt was answered, of code `unavailable` or what the transport's
    ///   configuration is refused for.
    func send(
        _ request: HTTPRequest, body: borrowing SecretBytes, peer: String
    ) async throws(VaultError) -> Exchange {
        let start = clock.uptime()
        var attempt = 1
        while true {
            let sentAt = clock.now()
            let verdict: RetryPolicy.Verdict
            do {
                let answer = try await transport.send(request, body: body)
                let status = answer.head.status.code
                let retryAfter = answer.head.headerFields[.retryAfter]
                    .flatMap { RetryAfter.seconds($0, now: clock.now()) }
                verdict = policy.verdict(
                    after: .status(status, retryAfter: retryAfter), attempt: attempt,
                    elapsed: clock.uptime() - start, jitter: clock.jitter())
                if verdict == .stop { return Exchange(answer: answer, sentAt: sentAt, retryAfter: retryAfter) }
            } catch {
                verdict = policy.verdict(
                    after: .noAnswer(error), attempt: attempt, elapsed: clock.uptime() - start,
                    jitter: clock.jitter())
                if verdict == .stop { throw VaultError(error, peer: peer, at: request.authority ?? "?") }
            }
            if case .retry(let pause) = verdict { try await wait(pause, for: peer) }
            attempt += 1
        }
    }

    private func wait(_ pause: Duration, for peer: String) async throws(VaultError) {
        do {
            try await clock.sleep(pause)
        } catch {
            // The one way for a sleep to fail: its task was cancelled.
            throw VaultError(.unavailable, "cancelled while waiting to ask \(peer) again")
        }
    }
}
