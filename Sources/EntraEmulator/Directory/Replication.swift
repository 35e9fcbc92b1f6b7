/// How long a change of an application's credentials takes to get around in a tenant (wire.md 8.3).
public struct Replication: Codable, Sendable, Equatable {
    /// After how many seconds the token endpoint knows of it: a new credential is refused until then, and a removed one
    /// taken.
    public var tokenDelay: Double
    /// How many seconds Graph's answers lag behind.
    public var readDelay: Double
    /// Every second request for a token meets a replica that knows already.
    public var alternating: Bool

    public init(tokenDelay: Double = 0, readDelay: Double = 0, alternating: Bool = false) {
        self.tokenDelay = tokenDelay
        self.readDelay = readDelay
        self.alternating = alternating
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            tokenDelay: try fields.decodeIfPresent(Double.self, forKey: .tokenDelay) ?? 0,
            readDelay: try fields.decodeIfPresent(Double.self, forKey: .readDelay) ?? 0,
            alternating: try fields.decodeIfPresent(Bool.self, forKey: .alternating) ?? false
        )
    }
}
