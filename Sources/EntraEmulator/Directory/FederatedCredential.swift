/// Whose tokens an application takes in place of a credential of its own: Graph's `federatedIdentityCredential`.
public struct FederatedCredential: Codable, Sendable {
    /// Who signs the tokens. One that begins with a slash lies under the emulator's own address, whose port a directory
    /// file cannot know: `/external/github` is the issuer that the emulator plays at that path.
    public var issuer: String
    public var subject: String
    /// The one audience that is accepted; `api://AzureADTokenExchange` when left out.
    public var audience: String

    /// What Entra asks for, unless a credential says otherwise.
    public static let usualAudience = "api://AzureADTokenExchange"

    public init(issuer: String, subject: String, audience: String = Self.usualAudience) {
        self.issuer = issuer
        self.subject = subject
        self.audience = audience
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            issuer: try fields.decode(String.self, forKey: .issuer),
            subject: try fields.decode(String.self, forKey: .subject),
            audience: try fields.decodeIfPresent(String.self, forKey: .audience) ?? Self.usualAudience
        )
    }
}
