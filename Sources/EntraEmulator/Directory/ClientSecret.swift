public import FoundationEssentials

/// One client secret of an application: Graph's `passwordCredential` with its value.
public struct ClientSecret: Codable, Sendable, DatedCredential {
    public var keyId: String
    public var displayName: String
    public var value: String
    /// From when it is valid; `nil` for always.
    public var start: Date?
    /// Until when it is valid; `nil` for always.
    public var end: Date?
    /// A revoked secret stays listed here, so that a directory file can hold one, but no longer works.
    public var revoked: Bool
    /// When it came, and when it was removed. A directory file says neither.
    public internal(set) var life = Lifespan()

    private enum CodingKeys: CodingKey { case keyId, displayName, value, start, end, revoked }

    public init(
        value: String, keyId: String? = nil, displayName: String = "", start: Date? = nil, end: Date? = nil,
        revoked: Bool = false
    ) {
        self.value = value
        self.keyId = keyId ?? UUID().uuidString.lowercased()
        self.displayName = displayName
        self.start = start
        self.end = end
        self.revoked = revoked
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            value: try fields.decode(String.self, forKey: .value),
            keyId: try fields.decodeIfPresent(String.self, forKey: .keyId),
            displayName: try fields.decodeIfPresent(String.self, forKey: .displayName) ?? "",
            start: try fields.decodeIfPresent(Date.self, forKey: .start),
            end: try fields.decodeIfPresent(Date.self, forKey: .end),
            revoked: try fields.decodeIfPresent(Bool.self, forKey: .revoked) ?? false
        )
    }

    /// Whether `time` lies between the beginning and the end. A revoked secret may well be valid.
    func isValid(at time: Date) -> Bool {
        (start.map { $0 <= time } ?? true) && (end.map { $0 > time } ?? true)
    }

    /// A value as the service makes them: 40 characters, one of them a tilde.
    static func randomValue() -> String {
        let letters = Array("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._")
        // `letters` is not empty, so that there is always an element.
        let characters = (0..<39).compactMap { _ in letters.randomElement() }
        return String(characters[..<5]) + "~" + String(characters[5...])
    }
}
