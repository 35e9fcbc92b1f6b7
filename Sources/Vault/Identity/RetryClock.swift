public import FoundationEssentials

/// The times and the chance that retrying needs, as closures, so that tests take no time.
public struct RetryClock: Sendable {
    /// The date, for `Retry-After` and for when a token expires.
    public var now: @Sendable () -> Date
    /// Time since some fixed point, in a clock that nobody sets.
    public var uptime: @Sendable () -> Duration
    public var sleep: @Sendable (Duration) async throws -> Void
    /// 0 ..< 1.
    public var jitter: @Sendable () -> Double

    public init(
        now: @escaping @Sendable () -> Date, uptime: @escaping @Sendable () -> Duration,
        sleep: @escaping @Sendable (Duration) async throws -> Void, jitter: @escaping @Sendable () -> Double
    ) {
        self.now = now
        self.uptime = uptime
        self.sleep = sleep
        self.jitter = jitter
    }

    /// Real time, but for the date, which is the caller's.
    public static func system(now: @escaping @Sendable () -> Date) -> RetryClock {
        let start = ContinuousClock.now
        return RetryClock(
            now: now, uptime: { ContinuousClock.now - start }, sleep: { try await Task.sleep(for: $0) },
            jitter: { Double.random(in: 0..<1) })
    }
}
