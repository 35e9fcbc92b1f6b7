/// What this vault knows of the credentials of one application.
struct KnownCredentials {
    private var current: Set<String> = []
    private var rotating: Set<String> = []
    private var markers: Set<String> = []

    init(_ profile: Profile, _ snapshot: Snapshot) throws(VaultError) {
        let tag = RowTag.application(profile, snapshot.keyring)
        let same = try snapshot.profiles().filter { RowTag.application($0, snapshot.keyring) == tag }
        current = Set(same.compactMap { $0.credential.keyID?.lowercased() })
        for other in same {
            for stored in try snapshot.rotations(of: other.id) {
                let rotation = stored.rotation
                let ids = [rotation.oldKeyID, rotation.newKeyID].compactMap(\.self) + rotation.removing
                rotating.formUnion(ids.map { $0.lowercased() })
                markers.insert(rotation.marker)
            }
        }
    }

    func standing(of credential: RegisteredCredential, lost: Set<String>) -> CredentialStanding {
        let keyID = credential.keyID.lowercased()
        if current.contains(keyID) { return .current }
        if rotating.contains(keyID) { return .rotating }
        if let name = credential.name, markers.contains(name) { return .rotating }
        if credential.name?.hasMarker == true || lost.contains(keyID) { return .orphan }
        return .foreign
    }
}

extension String {
    /// Whether a certificate's or a secret's name is one that a vault gave.
    fileprivate var hasMarker: Bool {
        hasPrefix(Rotation.markerPrefix) || hasPrefix("CN=" + Rotation.markerPrefix)
    }
}
