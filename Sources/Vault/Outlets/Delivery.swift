internal import Synchronization

/// What became of that which was to go to one place outside the vault, since the vault was opened.
public struct Delivery: Sendable, Equatable {
    public let key: SettingKey
    public var sent = 0
    public var failed = 0
    /// Given up before they were tried, because too many waited or the place took no more.
    public var dropped = 0
    /// Why the last one failed.
    public var lastError: String?

    package init(key: SettingKey, sent: Int = 0, failed: Int = 0, dropped: Int = 0, lastError: String? = nil) {
        self.key = key
        self.sent = sent
        self.failed = failed
        self.dropped = dropped
        self.lastError = lastError
    }
}

/// Counts deliveries, from whichever thread.
final class DeliveryCounts: Sendable {
    private let counts = Mutex<[SettingKey: Delivery]>([:])

    enum Outcome {
        case sent
        case failed(String)
        case dropped
    }

    func note(_ outcome: Outcome, for key: SettingKey, times: Int = 1) {
        counts.withLock { counts in
            var count = counts[key] ?? Delivery(key: key)
            switch outcome {
            case .sent: count.sent += times
            case .dropped: count.dropped += times
            case .failed(let why):
                count.failed += times
                count.lastError = why
            }
            counts[key] = count
        }
    }

    /// By key, those alone that anything was to go to.
    var all: [Delivery] { counts.withLock { $0.values.sorted { $0.key.rawValue < $1.key.rawValue } } }
}
