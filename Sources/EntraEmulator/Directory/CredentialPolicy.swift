/// What a tenant or one application demands of new credentials: Graph's `appManagementPolicy`, for one kind of them.
public struct CredentialPolicy: Codable, Sendable {
    /// The policy's GUID, which refusals name. That of a tenant is all zeros.
    public var id: String
    /// How long a credential may live; `nil` for any time.
    public var maxLifetime: PolicyDuration?
    /// Whether no credential of the kind may be added at all.
    public var forbidden: Bool

    /// The id of every tenant's own policy.
    public static let tenantId = "00000000-0000-0000-0000-000000000000"

    public init(id: String = Self.tenantId, maxLifetime: PolicyDuration? = nil, forbidden: Bool = false) {
        self.id = id
        self.maxLifetime = maxLifetime
        self.forbidden = forbidden
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try fields.decodeIfPresent(String.self, forKey: .id) ?? Self.tenantId,
            maxLifetime: try fields.decodeIfPresent(PolicyDuration.self, forKey: .maxLifetime),
            forbidden: try fields.decodeIfPresent(Bool.self, forKey: .forbidden) ?? false
        )
    }
}

/// A duration as policies write it (ISO 8601-1, section 5.5.2): `P90D`, `P1Y6M`, `PT12H`.
public struct PolicyDuration: Codable, Sendable, Equatable {
    public let text: String
    /// A year counts 365 days and a month 30.
    public let seconds: Double

    private static let days: [Character: Double] = ["Y": 365, "M": 30, "W": 7, "D": 1]
    private static let clock: [Character: Double] = ["H": 3600, "M": 60, "S": 1]

    /// - Returns: `nil` when `text` is no duration of whole numbers, or an empty one.
    public init?(_ text: String) {
        guard text.first == "P" else { return nil }
        var seconds = 0.0
        var digits = ""
        var isClock = false
        var parts = 0
        for character in text.dropFirst() {
            if character == "T", !isClock, digits.isEmpty {
                isClock = true
            } else if character.isASCII, character.isNumber {
                digits.append(character)
            } else {
                let unit = isClock ? Self.clock[character] : Self.days[character].map { $0 * 86_400 }
                guard let unit, let count = Double(digits) else { return nil }
                seconds += count * unit
                digits = ""
                parts += 1
            }
        }
        guard digits.isEmpty, parts > 0, text.last != "T" else { return nil }
        self.text = text
        self.seconds = seconds
    }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let text = try value.decode(String.self)
        guard let duration = Self(text) else {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "'\(text)' is no duration such as P90D")
        }
        self = duration
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(text)
    }
}
