internal import FoundationEssentials
internal import SwiftProtobuf
package import VaultProtos

/// A profile with the row that it was read from.
struct ProfileRecord: Sendable {
    var profile: Profile
    let row: SealedRow
    let version: UInt64

    fileprivate static func place(_ id: [UInt8], _ column: SealedPlace.Column) -> SealedPlace {
        SealedPlace(table: .profile, column: column, rowID: id)
    }
}

extension Snapshot {
    /// - Throws: code `notFound` when there is none of that name.
    func profile(named name: ProfileName) throws(VaultError) -> ProfileRecord {
        guard let record = try profileIfAny(named: name) else {
            throw VaultError(.notFound, "there is no profile \(name)", hint: "vaultctl list")
        }
        return record
    }

    func profileIfAny(named name: ProfileName) throws(VaultError) -> ProfileRecord? {
        guard let row = try store.rows(in: .profile, tag: .profile(name, keyring)).first else { return nil }
        let record = try profile(row)
        guard record.profile.name == name else {
            throw .damaged("profile row \(record.profile.id): it has another name")
        }
        return record
    }

    /// The profile of that id, whatever its name is now.
    func profile(id: RowID) throws(VaultError) -> ProfileRecord? {
        try store.rows(in: .profile, id: id).first.map { (row) throws(VaultError) in try profile(row) }
    }

    func profiles() throws(VaultError) -> [Profile] {
        var profiles: [Profile] = []
        try forEachProfile { (record) throws(VaultError) in profiles.append(record.profile) }
        profiles.sort { $0.name < $1.name }
        return profiles
    }

    /// Calls `body` with every profile, in no order that means anything.
    func forEachProfile(_ body: (ProfileRecord) throws(VaultError) -> Void) throws(VaultError) {
        try store.forEach(in: .profile) { (row) throws(VaultError) in try body(try profile(row)) }
    }

    /// The credential of a profile.
    func secret(of record: ProfileRecord) throws(VaultError) -> SecretBytes {
        try keyring.openSecret(
            record.row.secret, at: ProfileRecord.place(record.row.id, .secret), version: record.version)
    }

    private func profile(_ row: SealedRow) throws(VaultError) -> ProfileRecord {
        let (sealed, version) = try keyring.open(
            SealedProfile.self, row.meta, at: ProfileRecord.place(row.id, .meta))
        guard let id = RowID(row.id), let profile = try Profile(id: id, sealed) else {
            throw .damaged("profile row \(row.id.hexadecimal): its content is not understood")
        }
        guard constantTimeEqual(row.tag, RowTag.profile(profile.name, keyring).bytes) else {
            throw .damaged("profile row \(row.id.hexadecimal): its tag is not that of its name")
        }
        return ProfileRecord(profile: profile, row: row, version: version)
    }
}

extension WriteTransaction {
    /// Stores a new profile.
    ///
    /// - Throws: code `exists` when its name is taken.
    mutating func insert(_ profile: Profile, secret: borrowing SecretBytes) throws(VaultError) {
        guard try snapshot.profileIfAny(named: profile.name) == nil else { throw .nameTaken(profile.name) }
        try insert(try row(of: profile, secret: secret, version: 1), in: .profile)
    }

    /// Writes a profile over the row it was read from.
    ///
    /// - Throws: code `exists` when it got a new name that is taken.
    mutating func update(
        _ record: ProfileRecord, to profile: Profile, secret: borrowing SecretBytes
    ) throws(VaultError) {
        if profile.name != record.profile.name {
            guard try snapshot.profileIfAny(named: profile.name) == nil else { throw .nameTaken(profile.name) }
        }
        let row = try row(of: profile, secret: secret, version: record.version + 1)
        try replace(record.row, by: row, in: .profile)
    }

    private func row(
        of profile: Profile, secret: borrowing SecretBytes, version: UInt64
    ) throws(VaultError) -> SealedRow {
        let id = profile.id.bytes
        let meta = try keyring.seal(SealedProfile(profile), at: ProfileRecord.place(id, .meta), version: version)
        let secret = try keyring.seal(secret, at: ProfileRecord.place(id, .secret), version: version)
        return SealedRow(id: id, tag: RowTag.profile(profile.name, keyring).bytes, meta: meta, secret: secret)
    }
}

extension VaultError {
    static func nameTaken(_ name: ProfileName) -> VaultError {
        VaultError(.exists, "there is a profile \(name) already", hint: "choose another name, or vaultctl edit \(name)")
    }
}

extension Profile {
    /// - Returns: nil for words that this program does not know.
    /// - Throws: code `usage` for a name, a tag or an audience that is not allowed.
    package init?(id: RowID, _ sealed: SealedProfile) throws(VaultError) {
        guard let provider = Provider(rawValue: sealed.provider),
            let kind = CredentialKind(rawValue: sealed.credentialKind),
            let stored = Date(milliseconds: sealed.credentialStored),
            let created = Date(milliseconds: sealed.created), let updated = Date(milliseconds: sealed.updated)
        else { return nil }
        let cloud = Cloud(name: sealed.cloud, authority: sealed.authority, graph: sealed.graph, arm: sealed.arm)
        self.init(
            id: id, name: try ProfileName(sealed.name),
            destination: Destination(
                provider: provider, cloud: cloud, workspace: sealed.workspace.nonEmpty,
                account: sealed.hasAccount ? DatabricksAccount(sealed.account) : nil,
                assertion: AssertionSource(sealed.assertionSource)),
            tenant: sealed.tenant, clientID: sealed.clientID,
            credential: Credential(
                kind: kind, keyID: sealed.keyID.nonEmpty, storedAt: stored,
                expiresAt: Date(milliseconds: sealed.credentialExpires),
                assertionForm: sealed.hasAssertionForm ? AssertionForm(sealed.assertionForm) : nil,
                rotation: RowID(Array(sealed.credentialRotation))),
            audience: try sealed.scope.nonEmpty.map { (scope) throws(VaultError) in try Audience(scope: scope) },
            subscription: sealed.subscription.nonEmpty,
            tags: try sealed.tags.map { (tag) throws(VaultError) in try Tag(tag) }, about: sealed.about.nonEmpty,
            createdAt: created, updatedAt: updated)
    }
}

extension SealedProfile {
    package init(_ profile: Profile) {
        self.init()
        name = profile.name.description
        provider = profile.destination.provider.rawValue
        cloud = profile.destination.cloud.name
        authority = profile.destination.cloud.authority
        graph = profile.destination.cloud.graph
        arm = profile.destination.cloud.arm
        workspace = profile.destination.workspace ?? ""
        tenant = profile.tenant
        clientID = profile.clientID
        credentialKind = profile.credential.kind.rawValue
        keyID = profile.credential.keyID ?? ""
        credentialStored = profile.credential.storedAt.milliseconds
        credentialExpires = profile.credential.expiresAt?.milliseconds ?? 0
        scope = profile.audience?.scope ?? ""
        subscription = profile.subscription ?? ""
        tags = profile.tags.map(\.description)
        about = profile.about ?? ""
        created = profile.createdAt.milliseconds
        updated = profile.updatedAt.milliseconds
        if let account = profile.destination.account { self.account = .init(account) }
        if let source = profile.destination.assertion { assertionSource = .init(source) }
        if let form = profile.credential.assertionForm { assertionForm = .init(form) }
        credentialRotation = .init(profile.credential.rotation?.bytes ?? [])
    }
}
