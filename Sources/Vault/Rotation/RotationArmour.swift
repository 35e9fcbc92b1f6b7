internal import FoundationEssentials

/// A sealed rotation as text, for when there is no room on the disk for the secret that a provider shows once. Only this vault
/// opens it.
struct RotationArmour {
    private static let begin = "-----BEGIN VAULTCTL SEALED ROTATION-----"
    private static let end = "-----END VAULTCTL SEALED ROTATION-----"
    private static let format: UInt8 = 1

    let vaultID: [UInt8]
    let row: SealedRow

    init(_ row: SealedRow, vaultID: [UInt8]) {
        self.row = row
        self.vaultID = vaultID
    }

    /// RFC 7468's form: Base64 in lines of 64 characters.
    var text: String {
        let bytes = [Self.format] + vaultID + [row.id, row.meta, row.secret].flatMap(\.lengthPrefixed)
        var lines = [Self.begin]
        var rest = Data(bytes).base64EncodedString()[...]
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return (lines + [Self.end]).joined(separator: "\n") + "\n"
    }

    /// - Parameter text: may have other lines around it, as a terminal or a log has.
    /// - Throws: code `notUnderstood`.
    init(_ text: String) throws(VaultError) {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingPrefix { $0 == " " } }
        guard let first = lines.firstIndex(where: { $0.hasSuffix(Self.begin) }),
            let last = lines[first...].firstIndex(where: { $0.hasSuffix(Self.end) }),
            let data = Data(base64Encoded: lines[first + 1..<last].joined()), let format = data.first,
            format == Self.format, data.count > 17
        else {
            throw VaultError(
                .notUnderstood, "there is no sealed rotation in it", hint: "give all lines from BEGIN to END")
        }
        vaultID = Array(data[1..<17])
        var rest = Array(data[17...])[...]
        var columns: [[UInt8]] = []
        while rest.count >= 4 {
            let length = Int(Int64(littleEndianBytes: rest.prefix(4)))
            guard length <= rest.count - 4 else { break }
            columns.append(Array(rest.dropFirst(4).prefix(length)))
            rest = rest.dropFirst(4 + length)
        }
        guard columns.count == 3, rest.isEmpty else {
            throw VaultError(.notUnderstood, "the sealed rotation is cut off", hint: "give all lines from BEGIN to END")
        }
        row = SealedRow(id: columns[0], meta: columns[1], secret: columns[2])
    }
}

extension RotationJournal {
    /// What an armour will need, while the file can be read.
    func armourer(_ rotation: Rotation) throws(VaultError) -> RotationArmourer {
        try records.read { (snapshot) throws(VaultError) in
            guard
                let stored = try snapshot.rotations(of: rotation.profile).first(where: { $0.rotation.id == rotation.id }
                )
            else { throw .noRotation(rotation.id.description) }
            let kept = try snapshot.secrets(of: stored)
            return RotationArmourer(
                stored: stored, old: SharedSecret(kept.old.copy()), new: SharedSecret(kept.takeNew()),
                keyring: snapshot.keyring, now: environment.now)
        }
    }

    /// Stores what an armour holds, where the rotation still waits for it.
    ///
    /// - Throws: codes `notUnderstood`, `notFound` when the rotation is over, `usage` for one of another vault.
    func recover(_ text: String) async throws(VaultError) -> Rotation {
        let armour = try RotationArmour(text)
        return try await commits.write { [environment] (transaction) throws(VaultError) in
            guard armour.vaultID == transaction.keyring.vaultID else {
                throw VaultError(
                    .usage, "the sealed rotation is of another vault", hint: "--vault PATH names the vault")
            }
            let sealed = try transaction.snapshot.openArmoured(armour.row)
            let secrets = try transaction.snapshot.secrets(ofArmoured: sealed)
            guard
                let stored = try transaction.snapshot.rotations(of: sealed.rotation.profile)
                    .first(where: { $0.rotation.id == sealed.rotation.id }),
                let record = try transaction.snapshot.profile(id: sealed.rotation.profile)
            else { throw .noRotation(sealed.rotation.id.description) }
            guard stored.rotation.state == .planned, sealed.version == stored.version + 1 else {
                throw VaultError(
                    .exists, "the rotation has gone on since: it is \(stored.rotation.state.rawValue)",
                    hint: "vaultctl rotation show \(stored.rotation.id)")
            }
            try transaction.update(stored, to: sealed.rotation, secrets: secrets, terms: sealed.terms)
            var event = AuditEvent(environment, .addCredential, .ok, record.profile)
            event.keyID = sealed.rotation.newKeyID
            event.detail = "rotation \(sealed.rotation.id): recovered"
            try transaction.append(event)
            return sealed.rotation
        }
    }
}

/// Seals a rotation as it would have been written, had there been room.
struct RotationArmourer: Sendable {
    let stored: StoredRotation
    let old: SharedSecret
    let new: SharedSecret
    let keyring: Keyring
    let now: @Sendable () -> Date

    func armour(keyID: String, expiresAt: Date?, secret: SharedSecret?) throws(VaultError) -> String {
        guard let next = try stored.rotation.after(.made(keyID: keyID), at: now()) else {
            throw VaultError(.internalError, "a rotation that has its credential is not over")
        }
        var terms = stored.terms
        terms.newExpiresAt = expiresAt ?? terms.newExpiresAt
        let secrets = RotationSecrets(old: old.bytes.copy(), new: (secret ?? new).bytes.copy())
        let row = try next.row(secrets, terms, keyring, version: stored.version + 1)
        return RotationArmour(row, vaultID: keyring.vaultID).text
    }
}
