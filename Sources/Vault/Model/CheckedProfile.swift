/// What came of checking a profile's credential.
public struct CheckedProfile: Sendable, Equatable {
    public var profile: ProfileName
    public var result: Result<CheckedCredential, VaultError>

    public init(profile: ProfileName, result: Result<CheckedCredential, VaultError>) {
        self.profile = profile
        self.result = result
    }
}
