import FoundationEssentials

/// A page of what Graph lists; there is always one.
struct GraphList<Item: Encodable>: Encodable {
    let value: [Item]
}

/// An application as Graph shows it.
struct GraphApplication: Encodable {
    let id: String
    let appId: String
    let displayName: String
    let signInAudience: String
    let passwordCredentials: [GraphPassword]
    let keyCredentials: [GraphKey]
}

/// A `passwordCredential`. What it has no value for is there as `null`.
struct GraphPassword: Codable {
    var customKeyIdentifier: String?
    var displayName: String?
    var startDateTime: GraphDate?
    var endDateTime: GraphDate?
    var keyId: String?
    /// The first three characters of the value.
    var hint: String?
    /// The value, which is shown once: when it is made.
    var secretText: String?

    init(_ secret: ClientSecret, began: Date, value: String? = nil) {
        displayName = secret.displayName.isEmpty ? nil : secret.displayName
        startDateTime = GraphDate(secret.start ?? began)
        endDateTime = GraphDate(secret.end ?? GraphDate.never)
        keyId = secret.keyId
        hint = String(secret.value.prefix(3))
        secretText = value
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(customKeyIdentifier, forKey: .customKeyIdentifier)
        try fields.encode(displayName, forKey: .displayName)
        try fields.encode(startDateTime, forKey: .startDateTime)
        try fields.encode(endDateTime, forKey: .endDateTime)
        try fields.encode(keyId, forKey: .keyId)
        try fields.encode(hint, forKey: .hint)
        try fields.encode(secretText, forKey: .secretText)
    }
}

/// A `keyCredential`. What it has no value for is there as `null`.
struct GraphKey: Codable {
    /// The thumbprint.
    var customKeyIdentifier: String?
    var displayName: String?
    var startDateTime: GraphDate?
    var endDateTime: GraphDate?
    var keyId: String?
    /// The certificate in Base64; written by clients, never shown.
    var key: String?
    var type: String?
    var usage: String?

    static let certificate = "AsymmetricX509Cert"
    static let verify = "Verify"

    init(_ certificate: ApplicationCertificate) {
        customKeyIdentifier = certificate.customKeyIdentifier
        displayName = certificate.displayName.isEmpty ? nil : certificate.displayName
        startDateTime = GraphDate(certificate.notBefore)
        endDateTime = GraphDate(certificate.notAfter)
        keyId = certificate.keyId
        type = Self.certificate
        usage = Self.verify
    }

    func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(customKeyIdentifier, forKey: .customKeyIdentifier)
        try fields.encode(displayName, forKey: .displayName)
        try fields.encode(startDateTime, forKey: .startDateTime)
        try fields.encode(endDateTime, forKey: .endDateTime)
        try fields.encode(keyId, forKey: .keyId)
        try fields.encode(key, forKey: .key)
        try fields.encode(type, forKey: .type)
        try fields.encode(usage, forKey: .usage)
    }
}

/// A time as Graph writes it, in whole seconds, and as it reads it, with a fraction or without.
struct GraphDate: Codable {
    let date: Date

    /// When a credential ends that has no end, as the portal had it.
    static let never = Date(timeIntervalSince1970: 10_413_791_999)

    init(_ date: Date) { self.date = date }

    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let text = try value.decode(String.self)
        for style in [Date.ISO8601FormatStyle(), Date.ISO8601FormatStyle(includingFractionalSeconds: true)] {
            // The next style is for what this one cannot read.
            if let date = try? style.parse(text) {
                self.date = date
                return
            }
        }
        throw DecodingError.dataCorruptedError(in: value, debugDescription: "'\(text)' is no time of ISO 8601")
    }

    func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(date.ISO8601Format())
    }
}
