/// Something that goes wrong, by name.
public struct Fault: Codable, Sendable, Equatable {
    public enum Name: String, Codable, Sendable, CaseIterable {
        /// The request takes effect, and the connection closes without an answer.
        case replyLost = "reply-lost"
        /// The request takes effect twice, and the first answer is sent: as when something in between sends it again.
        case duplicated
        /// The request takes effect, and the answer is 500 with a body that is no JSON.
        case serverErrorAfter = "server-error-after"
        /// 429 with `Retry-After` of `seconds` (default 5). Nothing takes effect.
        case throttled
        /// 503, with `Retry-After` when `seconds` is given. Nothing takes effect.
        case unavailable
        /// 500 with a body that is no JSON. Nothing takes effect.
        case serverError = "server-error"
        /// The answer is right, and `seconds` (default 30) late.
        case slow
        /// The answer is right, and `milliseconds` (default 50) late: a distance rather than a failure.
        case latency
        /// AADSTS7000215 for a good secret that is younger than `seconds`; for every secret when that is left out.
        case notYetReplicated = "not-yet-replicated"
        /// `Content-Length` promises more than comes. The request takes effect.
        case wrongLength = "wrong-length"
        /// 302 to `location`. Nothing takes effect.
        case redirect
        /// 200 with a web page, as a captive portal answers. Nothing takes effect.
        case html
        /// The first half of the right body, with a length that fits it. The request takes effect.
        case halfJSON = "half-json"
        /// 200 with `bytes` (default 2 GiB) of white space, which JSON allows before a value. Nothing takes effect.
        case huge
        /// The emulator's clock is `seconds` (default 600) ahead; a negative number is behind.
        case clockSkew = "clock-skew"
    }

    public var name: Name
    /// How many requests it strikes; `nil` for all until it is cleared.
    public var count: Int?
    /// What it strikes: `any`, the name of a route, or the beginning of a path, which starts with a slash.
    public var path: String
    public var seconds: Double?
    public var milliseconds: Double?
    public var bytes: Int?
    public var location: String?
    /// Strikes every second request only, as when two replicas answer in turn.
    public var alternating: Bool
    /// How likely it strikes a request, between 0 and 1; `nil` for always.
    public var probability: Double?

    public init(
        _ name: Name, count: Int? = nil, path: String = "any", seconds: Double? = nil, milliseconds: Double? = nil,
        bytes: Int? = nil, location: String? = nil, alternating: Bool = false,
        probability: Double? = nil
    ) {
        self.name = name
        self.count = count
        self.path = path
        self.seconds = seconds
        self.milliseconds = milliseconds
        self.bytes = bytes
        self.location = location
        self.alternating = alternating
        self.probability = probability
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try fields.decode(Name.self, forKey: .name),
            count: try fields.decodeIfPresent(Int.self, forKey: .count),
            path: try fields.decodeIfPresent(String.self, forKey: .path) ?? "any",
            seconds: try fields.decodeIfPresent(Double.self, forKey: .seconds),
            milliseconds: try fields.decodeIfPresent(Double.self, forKey: .milliseconds),
            bytes: try fields.decodeIfPresent(Int.self, forKey: .bytes),
            location: try fields.decodeIfPresent(String.self, forKey: .location),
            alternating: try fields.decodeIfPresent(Bool.self, forKey: .alternating) ?? false,
            probability: try fields.decodeIfPresent(Double.self, forKey: .probability)
        )
    }

    func strikes(route: String, path requested: String) -> Bool {
        path == "any" || path == route || (path.hasPrefix("/") && requested.hasPrefix(path))
    }
}
