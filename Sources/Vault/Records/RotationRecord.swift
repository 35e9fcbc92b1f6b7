internal import FoundationEssentials
internal import SwiftProtobuf
package import VaultProtos

/// A rotation with the row that it was read from.
struct StoredRotation: Sendable {
    var rotation: Rotation
    /// When the old credential expires at the provider, where known, and the new one.
    var oldExpiresAt: Date?
    var newExpiresAt: Date?
    let row: SealedRow
    let version: UInt64

    fileprivate static func place(_ id: [UInt8], _ column: SealedPlace.Column) -> SealedPlace {
        SealedPlace(table: .rotation, column: column, rowID: id)
    }
}

/// The two credentials of a rotation; either is empty while or after it is not held.
struct RotationSecrets: ~Copyable {
    let old: SecretBytes
    let new: SecretBytes

    consuming func takeOld() -> SecretBytes { old }
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
        let sealed = try rotation(stored.row).sealed
        let both = try keyring.openSecret(
            stored.row.secret, at: StoredRotation.place(stored.row.id, .secret), version: stored.version)
        let old = Int(sealed.oldLength)
        let new = Int(sealed.newLength)
        guard both.count == old + new else {
            throw .damaged("rotation row \(stored.row.id.hexadecimal): its secrets have the wrong length")
        }
        return RotationSecrets(old: both.slice(0..<old), new: both.slice(old..<old + new))
    }

    private func rotation(_ row: SealedRow) throws(VaultError) -> (stored: StoredRotation, sealed: SealedRotation) {
        let (sealed, version) = try keyring.open(
            SealedRotation.self, row.meta, at: StoredRotation.place(row.id, .meta))
        guard let id = RowID(row.id), let rotation = Rotation(id: id, sealed) else {
            throw .damaged("rotation row \(row.id.hexadecimal): its content is not understood")
        }
        guard constantTimeEqual(row.tag, RowTag.rotation(of: rotation.profile, keyring).bytes) else {
            throw .damaged("rotation row \(row.id.hexadecimal): its tag is not that of its profile")
        }
        let stored = StoredRotation(
            rotation: rotation, oldExpiresAt: Date(milliseconds: sealed.oldExpires),
            newExpiresAt: Date(milliseconds: sealed.newExpires), row: row, version: version)
        return (stored, sealed)
    }
}

extension WriteTransaction {
    mutating func insert(
        _ rotation: Rotation, secrets: borrowing RotationSecrets, oldExpiresAt: Date?, newExpiresAt: Date?
    ) throws(VaultError) {
        let row = try row(rotation, secrets, oldExpiresAt, newExpiresAt, version: 1)
        try insert(row, in: .rotation)
    }

    mutating func update(
        _ stored: StoredRotation, to rotation: Rotation, secrets: borrowing RotationSecrets
    ) throws(VaultError) {
        let row = try row(
            rotation, secrets, stored.oldExpiresAt, stored.newExpiresAt, version: stored.version + 1)
        try replace(stored.row, by: row, in: .rotation)
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
        _ rotation: Rotation, _ secrets: borrowing RotationSecrets, _ oldExpiresAt: Date?, _ newExpiresAt: Date?,
        version: UInt64
    ) throws(VaultError) -> SealedRow {
        var sealed = SealedRotation(rotation)
        sealed.oldLength = UInt32(secrets.old.count)
        sealed.newLength = UInt32(secrets.new.count)
        sealed.oldExpires = oldExpiresAt?.milliseconds ?? 0
        sealed.newExpires = newExpiresAt?.milliseconds ?? 0
        let id = rotation.id.bytes
        let meta = try keyring.seal(sealed, at: StoredRotation.place(id, .meta), version: version)
        let secret = try keyring.seal(
            secrets.old.appending(secrets.new), at: StoredRotation.place(id, .secret), version: version)
        return SealedRow(
            id: id, tag: RowTag.rotation(of: rotation.profile, keyring).bytes, meta: meta, secret: secret)
    }
}

extension Rotation {
    /// - Returns: nil for words that this program does not know.
    package init?(id: RowID, _ sealed: SealedRotation) {
        guard let profile = RowID(Array(sealed.profileID)), let state = Rotation.State(rawValue: sealed.state),
            let started = Date(milliseconds: sealed.started)
        else { return nil }
        self.init(
            id: id, profile: profile, state: state, startedAt: started,
            graceUntil: Date(milliseconds: sealed.graceUntil), oldKeyID: sealed.oldKeyID.nonEmpty,
            newKeyID: sealed.newKeyID.nonEmpty)
    }
}

extension SealedRotation {
    /// What is told of a rotation; what tells its secrets apart is added by who seals them.
    package init(_ rotation: Rotation) {
        self.init()
        profileID = .init(rotation.profile.bytes)
        state = rotation.state.rawValue
        started = rotation.startedAt.milliseconds
        graceUntil = rotation.graceUntil?.milliseconds ?? 0
        oldKeyID = rotation.oldKeyID ?? ""
        newKeyID = rotation.newKeyID ?? ""
    }
}
