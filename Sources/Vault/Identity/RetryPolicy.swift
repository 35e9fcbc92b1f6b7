/// When a request is worth sending again, and how long to wait before.
///
/// Asking for a token twice does no harm: the endpoint makes one for each request (wire reference, 1.5). So lost
/// connections, 429 and 5xx are tried again; a time that ran out, a refusal, a certificate and an answer that makes no sense never are.
public struct RetryPolicy: Sendable, Equatable {
    /// Requests at most, the first one counted.
    public var attempts: Int
    /// The back-off is a random part of `base · 2^n`, n counted from 0 ("full jitter").
    public var base: Duration
    /// No attempt begins later than this after the first one.
    public var budget: Duration

    public init(attempts: Int = 3, base: Duration = .milliseconds(500), budget: Duration = .seconds(30)) {
        self.attempts = attempts
        self.base = base
        self.budget = budget
    }

    /// What became of an attempt that did not succeed.
    enum Setback: Equatable {
        /// An answer came; `retryAfter` is its `Retry-After`, in seconds.
        case status(Int, retryAfter: Int?)
        case noAnswer(HTTPTransportError)
    }

    enum Verdict: Equatable {
        case retry(after: Duration)
        case stop
    }

    /// - Parameters:
    ///   - attempt: how many requests were sent, at least 1.
    ///   - elapsed: since the first of them began.
    ///   - jitter: 0 ..< 1, random.
    func verdict(after setback: Setback, attempt: Int, elapsed: Duration, jitter: Double) -> Verdict {
        guard attempt < attempts else { return .stop }
        var wait = base * (Double(1 << min(attempt - 1, 16)) * jitter)
        switch setback {
        case .status(let status, let retryAfter):
            guard status == 429 || (500...599).contains(status) else { return .stop }
            // To come back earlier than told prolongs the throttling, so a time that does not fit ends it here.
            if let retryAfter { wait = max(wait, .seconds(retryAfter)) }
        case .noAnswer(.unreachable): break
        // Whoever set a time to wait has waited it; another attempt would take as long again.
        case .noAnswer(.timedOut): return .stop
        case .noAnswer(.untrusted), .noAnswer(.tooLong), .noAnswer(.malformed), .noAnswer(.misconfigured):
            return .stop
        }
        return elapsed + wait <= budget ? .retry(after: wait) : .stop
    }
}
