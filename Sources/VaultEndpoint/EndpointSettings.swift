public import Vault

/// What an endpoint gives tokens of, and what a client must know to get one.
public struct EndpointSettings: Sendable {
    public var profile: ProfileName
    /// Told in answers. A client that asks for an identity by its client id must ask for this one, whatever the case.
    public var clientID: String
    /// Says what the short names of audiences stand for.
    public var cloud: Cloud
    /// The profile's Databricks workspace, by its URL. A client that says which workspace it is for must say this one, where
    /// there is one.
    public var workspace: String?
    /// Empty: any. A slash at the end makes no difference here, other than in the token (wire reference, 1.1).
    public var allowedAudiences: [Audience]
    /// What `IDENTITY_HEADER` and `MSI_SECRET` hold.
    package var header: SharedSecret
    /// The first part of the paths of those dialects that have no secret header: as secret as the header.
    public var path: String
    /// Gets a line about each request that was refused, or about several when there are many. Never a secret.
    public var log: @Sendable (_ line: String) -> Void

    package init(
        profile: ProfileName, clientID: String, cloud: Cloud, workspace: String? = nil,
        allowedAudiences: [Audience] = [], header: SharedSecret, path: String,
        log: @escaping @Sendable (_ line: String) -> Void = { _ in }
    ) {
        self.profile = profile
        self.clientID = clientID
        self.cloud = cloud
        self.workspace = workspace
        self.allowedAudiences = allowedAudiences
        self.header = header
        self.path = path
        self.log = log
    }

    /// Settings for `profile` with a header and a path that nobody can guess: 256 random bits each.
    public static func random(
        for profile: Profile, allowedAudiences: [Audience] = [],
        log: @escaping @Sendable (_ line: String) -> Void = { _ in }
    ) -> EndpointSettings {
        let path = SecretBytes.random(count: secretLength).base64URL.withBytes { $0.array }
        return EndpointSettings(
            profile: profile.name, clientID: profile.clientID, cloud: profile.destination.cloud,
            workspace: profile.destination.workspace, allowedAudiences: allowedAudiences,
            header: SharedSecret(SecretBytes.random(count: secretLength).base64URL),
            path: String(decoding: path, as: UTF8.self), log: log)
    }

    /// Bytes.
    private static let secretLength = 32
}

extension SecretBytes {
    /// The bytes in the alphabet of RFC 4648, section 5, without padding.
    var base64URL: SecretBytes {
        withBytes { bytes in
            SecretBytes(count: (bytes.byteCount * 8 + 5) / 6) { text in
                for index in 0..<text.byteCount {
                    // Six bits that may begin in one byte and end in the next.
                    let (first, shift) = (index * 6 / 8, index * 6 % 8)
                    let next = first + 1 < bytes.byteCount ? bytes.byte(at: first + 1) : 0
                    let pair = UInt16(bytes.byte(at: first)) << 8 | UInt16(next)
                    text.storeBytes(of: alphabet[Int(pair >> (10 - shift) & 0x3f)], toByteOffset: index, as: UInt8.self)
                }
            }
        }
    }
}

private let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
