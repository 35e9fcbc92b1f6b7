/// A token on its way to whoever asked, with what the output formats tell of it. Its entry is committed already.
public struct IssuedToken: ~Copyable, Sendable {
    /// The bearer token itself.
    public let value: SecretBytes
    /// What else is told.
    public let details: TokenDetails

    public init(value: consuming SecretBytes, details: TokenDetails) {
        self.value = value
        self.details = details
    }

    /// The token alone.
    consuming func takeValue() -> SecretBytes { value }
}
