/// What this vault knows of the credentials of one application.
struct KnownCredentials: Sendable {
    private var current: Set<String> = []
    private var rotating: Set<String> = []
    private var markers: Set<String> = []

    init() {}

    init(_ profile: Profile, _ snapshot: Snapshot) throws(VaultError) {
        self = try Self.byApplication(snapshot)[.application(profile, snapshot.keyring)] ?? Self()
    }

    /// The same of all applications, in one pass over the vault.
    static func byApplication(_ snapshot: Snapshot) throws(VaultError) -> [RowTag: KnownCredentials] {
        let rotations = Dictionary(grouping: try snapshot.rotations().map(\.rotation), by: \.profile)
        var known: [RowTag: KnownCredentials] = [:]
        for profile in try snapshot.profiles() {
            let tag = RowTag.application(profile, snapshot.keyring)
            if let keyID = profile.credential.keyID { known[tag, default: Self()].current.insert(keyID.lowercased()) }
            for rotation in rotations[profile.id] ?? [] { known[tag, default: Self()].add(rotation) }
        }
        return known
    }

    private mutating func add(_ rotation: Rotation) {
        let ids = [rotation.oldKeyID, rotation.newKeyID].compactMap(\.self) + rotation.removing
        rotating.formUnion(ids.map { $0.lowercased() })
        markers.insert(rotation.marker)
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
