internal import FoundationEssentials
internal import SwiftProtobuf
package import VaultProtos

/// A rotation with the row that it was read from.
struct StoredRotation: Sendable {
    var rotation: Rotation
    var terms: Terms
    let row: SealedRow
    let version: UInt64

    /// What is known of the two credentials beside their ids.
    struct Terms: Sendable {
        /// When the old credential expires at the provider, where known, and the new one.
        var oldExpiresAt: Date?
        var newExpiresAt: Date?
        /// The rotation that had the provider make the old one.
        var oldRotation: RowID?
    }

    fileprivate static func place(_ id: [UInt8], _ column: SealedPlace.Column) -> SealedPlace {
        SealedPlace(table: .rotation, column: column, rowID: id)
    }
}

/// The two credentials of a rotation; either is empty while or after it is not held.
struct RotationSecrets: ~Copyable {
    let old: SecretBytes
    let new: SecretBytes

    consuming func takeOld() -> SecretBytes { old }
    consuming func takeNew() -> SecretBytes { new }

    /// - Parameter new: nil: the one it has.
    consuming func with(new secret: SharedSecret?) -> RotationSecrets {
        guard let secret else { return self }
        return RotationSecrets(old: old.copy(), new: secret.bytes.copy())
    }
}

extension Snapshot {
    func rotations(of profile: RowID) throws(VaultError) -> [StoredRotation] {
        var rotations: [StoredRotation] = []
        for row in try store.rows(in: .rotation, tag: .rotation(of: profile, keyring)) {
            let stored = try rotation(row).stored
            guard stored.rotation.profile == profile else {
                throw .damaged("rotation row \(stored.rotation.id): it is another profile's")
            }
            rotations.append(stored)
        }
        return rotations
    }

    /// All rotations there are.
    func rotations() throws(VaultError) -> [StoredRotation] {
        var rotations: [StoredRotation] = []
        try store.forEach(in: .rotation) { (row) throws(VaultError) in rotations.append(try rotation(row).stored) }
        return rotations
    }

    func secrets(of stored: StoredRotation) throws(VaultError) -> RotationSecrets {
        try secrets(of: stored, try rotation(stored.row).sealed)
    }

    private func secrets(of stored: StoredRotation, _ sealed: SealedRotation) throws(VaultError) -> RotationSecrets {
        let both = try keyring.openSecret(
            stored.row.secret, at: StoredRotation.place(stored.row.id, .secret), version: stored.version)
        let old = Int(sealed.oldLength)
        let new = Int(sealed.newLength)
        guard both.count == old + new else {
            throw .damaged("rotation row \(stored.row.id.hexadecimal): its secrets have the wrong length")
        }
        return RotationSecrets(old: both.slice(0..<old), new: both.slice(old..<old + new))
    }

    /// Opens a row that lies outside the file; its tag may be of an older epoch, and is not asked for.
    func openArmoured(_ row: SealedRow) throws(VaultError) -> StoredRotation { try opened(row).stored }

    func secrets(ofArmoured stored: StoredRotation) throws(VaultError) -> RotationSecrets {
        try secrets(of: stored, try opened(stored.row).sealed)
    }

    private func rotation(_ row: SealedRow) throws(VaultError) -> (stored: StoredRotation, sealed: SealedRotation) {
        let (stored, sealed) = try opened(row)
        guard constantTimeEqual(row.tag, RowTag.rotation(of: stored.rotation.profile, keyring).bytes) else {
            throw .damaged("rotation row \(row.id.hexadecimal): its tag is not that of its profile")
        }
        return (stored, sealed)
    }

    private func opened(_ row: SealedRow) throws(VaultError) -> (stored: StoredRotation, sealed: SealedRotation) {
        let (sealed, version) = try keyring.open(
            SealedRotation.self, row.meta, at: StoredRotation.place(row.id, .meta))
        guard let id = RowID(row.id), let rotation = Rotation(id: id, sealed) else {
            throw .damaged("rotation row \(row.id.hexadecimal): its content is not understood")
        }
        let stored = StoredRotation(
            rotation: rotation,
            terms: StoredRotation.Terms(
                oldExpiresAt: Date(milliseconds: sealed.oldExpires),
                newExpiresAt: Date(milliseconds: sealed.newExpires),
                oldRotation: RowID(Array(sealed.oldRotation))), row: row, version: version)
        return (stored, sealed)
    }
}

extension WriteTransaction {
    mutating func insert(
        _ rotation: Rotation, secrets: borrowing RotationSecrets, terms: StoredRotation.Terms
    ) throws(VaultError) {
        try insert(try row(rotation, secrets, terms, version: 1), in: .rotation)
    }

    /// - Parameter terms: nil: as they are.
    mutating func update(
        _ stored: StoredRotation, to rotation: Rotation, secrets: borrowing RotationSecrets,
        terms: StoredRotation.Terms? = nil
    ) throws(VaultError) {
        let row = try row(rotation, secrets, terms ?? stored.terms, version: stored.version + 1)
        try replace(stored.row, by: row, in: .rotation)
    }

    mutating func delete(_ stored: StoredRotation) throws(VaultError) {
        try delete(stored.row, in: .rotation)
    }

    /// Removes what the vault keeps of a profile's rotations, old credentials among it.
    ///
    /// - Parameter condition: which of them.
    mutating func deleteRotations(
        of profile: RowID, where condition: (Rotation) -> Bool = { _ in true }
    ) throws(VaultError) {
        for stored in try snapshot.rotations(of: profile) where condition(stored.rotation) {
            try delete(stored.row, in: .rotation)
        }
    }

    private func row(
        _ rotation: Rotation, _ secrets: borrowing RotationSecrets, _ terms: StoredRotation.Terms, version: UInt64
    ) throws(VaultError) -> SealedRow {
        try rotation.row(secrets, terms, keyring, version: version)
    }
}

extension Rotation {
    /// The row as it is written.
    func row(
        _ secrets: borrowing RotationSecrets, _ terms: StoredRotation.Terms, _ keyring: Keyring, version: UInt64
    ) throws(VaultError) -> SealedRow {
        var sealed = SealedRotation(self)
        sealed.oldLength = UInt32(secrets.old.count)
        sealed.newLength = UInt32(secrets.new.count)
        sealed.oldExpires = terms.oldExpiresAt?.milliseconds ?? 0
        sealed.newExpires = terms.newExpiresAt?.milliseconds ?? 0
        sealed.oldRotation = .init(terms.oldRotation?.bytes ?? [])
        let meta = try keyring.seal(sealed, at: StoredRotation.place(id.bytes, .meta), version: version)
        let secret = try keyring.seal(
            secrets.old.appending(secrets.new), at: StoredRotation.place(id.bytes, .secret), version: version)
        return SealedRow(id: id.bytes, tag: RowTag.rotation(of: profile, keyring).bytes, meta: meta, secret: secret)
    }
}

extension Rotation {
    /// - Returns: nil for words that this program does not know.
    package init?(id: RowID, _ sealed: SealedRotation) {
        guard let profile = RowID(Array(sealed.profileID)), let state = Rotation.State(rawValue: sealed.state),
            let started = Date(milliseconds: sealed.started)
        else { return nil }
        self.init(
            id: id, profile: profile, state: state, startedAt: started, changedAt: Date(milliseconds: sealed.changed),
            grace: TimeInterval(sealed.grace), graceUntil: Date(milliseconds: sealed.graceUntil),
            oldKeyID: sealed.oldKeyID.nonEmpty, newKeyID: sealed.newKeyID.nonEmpty, isMadeHere: sealed.madeHere,
            manager: RowID(Array(sealed.managerID)), removing: sealed.removing, knownKeyIDs: sealed.knownKeyIds)
    }
}

extension SealedRotation {
    /// What is told of a rotation; what tells its secrets apart is added by who seals them.
    package init(_ rotation: Rotation) {
        self.init()
        profileID = .init(rotation.profile.bytes)
        state = rotation.state.rawValue
        started = rotation.startedAt.milliseconds
        changed = rotation.changedAt.milliseconds
        grace = UInt32(clamping: Int(rotation.grace))
        graceUntil = rotation.graceUntil?.milliseconds ?? 0
        oldKeyID = rotation.oldKeyID ?? ""
        newKeyID = rotation.newKeyID ?? ""
        madeHere = rotation.isMadeHere
        managerID = .init(rotation.manager?.bytes ?? [])
        removing = rotation.removing
        knownKeyIds = rotation.knownKeyIDs
    }
}
