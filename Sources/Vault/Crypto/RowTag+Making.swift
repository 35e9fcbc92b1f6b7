/// How tags are made: keyed hashes under `K_name` of the newest epoch (FORMAT.md, tags).
extension RowTag {
    static func profile(_ name: ProfileName, _ keyring: Keyring) -> RowTag {
        tag("profile", Array(name.description.utf8), keyring)
    }

    static func rotation(of profile: RowID, _ keyring: Keyring) -> RowTag {
        tag("rotation", profile.bytes, keyring)
    }

    /// All profiles of one application, or of one service principal of Databricks. It names no row but a lock, which must be
    /// the same for who has the vault's older keys yet.
    static func application(_ destination: Destination, clientID: String, _ keyring: Keyring) -> RowTag {
        let place = destination.provider == .entra ? destination.cloud.authority : destination.tokenAuthority
        let parts = [destination.provider.rawValue, place, clientID.lowercased()]
        return RowTag(
            bytes: keyring.stableHash(Array("application\0".utf8) + parts.flatMap { Array($0.utf8).lengthPrefixed }))
    }

    static func setting(_ key: String, _ keyring: Keyring) -> RowTag {
        tag("setting", Array(key.utf8), keyring)
    }

    /// Whatever could make it another identity's token is in its tag.
    static func token(
        profile: RowID, destination: Destination, tenant: String, clientID: String, credential: CredentialKind,
        audience: Audience, _ keyring: Keyring
    ) -> RowTag {
        let host = ""  // Entra's tokens do not depend on the workspace; a workspace's own have it in their authority.
        let parts = [
            destination.provider.rawValue, destination.tokenAuthority, tenant, clientID, credential.rawValue, host,
            audience.scope,
        ]
        return tag("token", profile.bytes + sha256(parts.flatMap { Array($0.utf8).lengthPrefixed }), keyring)
    }

    private static func tag(_ kind: StaticString, _ content: [UInt8], _ keyring: Keyring) -> RowTag {
        keyring.withSubkey(.name, epoch: keyring.epoch) { key in
            var hash = Blake2b(key: key)
            hash.update(kind)
            hash.update([0])
            hash.update(content)
            return RowTag(bytes: hash.finish())
        }
    }
}
