public import FoundationEssentials

/// A credential that the provider accepted just now.
public struct CheckedCredential: Sendable, Equatable {
    public var profile: ProfileName
    public var audience: Audience
    /// How long the provider's token would have lived, in seconds.
    public var tokenLifetime: TimeInterval

    public init(profile: ProfileName, audience: Audience, tokenLifetime: TimeInterval) {
        self.profile = profile
        self.audience = audience
        self.tokenLifetime = tokenLifetime
    }
}
