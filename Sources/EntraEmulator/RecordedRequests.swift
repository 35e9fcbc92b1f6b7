import FoundationEssentials

/// One request that reached the emulator. It holds no secret and no token.
public struct RecordedRequest: Codable, Sendable, Equatable {
    public let method: String
    /// The path without its query.
    public let path: String
    /// The name of the route, as faults use it; `unknown` where there is none.
    public let route: String
    /// The status answered, also when the answer was then lost.
    public let status: Int
    /// The client that a form or HTTP Basic named.
    public let clientId: String?
    /// The resource or scope that a form named.
    public let resource: String?
    /// The faults that struck.
    public let faults: [Fault.Name]

    private enum CodingKeys: String, CodingKey {
        case method, path, route, status, resource, faults
        case clientId = "client_id"
    }
}

/// What was asked of the emulator since it started or was told to forget.
public struct RecordedRequests: Codable, Sendable {
    /// How many there were.
    public private(set) var count = 0
    /// The latest of them, oldest first; between ``kept`` and twice as many once there were so many.
    public private(set) var requests: [RecordedRequest] = []

    /// How many are kept in full. A benchmark sends more than anyone reads.
    public static let kept = 10_000

    mutating func append(_ request: RecordedRequest) {
        count += 1
        requests.append(request)
        // In one go and seldom, because it moves all that stay.
        if requests.count >= 2 * Self.kept { requests.removeFirst(requests.count - Self.kept) }
    }
}
