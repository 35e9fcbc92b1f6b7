internal import SwiftProtobuf
internal import VaultProtos

extension WriteTransaction {
    /// Gives the vault other keys: every live row is sealed anew, and the slots are replaced by those that open it from
    /// now on. Entries of the record stay as they are, under the keys of their epochs.
    ///
    /// - Parameters:
    ///   - next: made from the keys that the vault has, see ``Keyring/renewed(rootKey:)``.
    ///   - rootKey: what `next` is guarded by, and `slots` hold.
    ///   - progress: called after each row.
    /// - Throws: code `damaged` for a row that does not open, or that would not open again.
    mutating func rekey(
        to next: Keyring, rootKey: borrowing SecretBytes, slots: [KeySlot], progress: (_ done: Int, _ of: Int) -> Void
    ) throws(VaultError) {
        let (old, store) = (keyring, snapshot.store)
        // Rows go to other places of their tables, page by page at random: in memory, so that each page is written once,
        // and whoever reads waits for the commit alone.
        try store.connection.execute("PRAGMA cache_spill = OFF")
        let moves = try snapshot.moves(to: next)
        for (number, blob) in try store.keySlots() {
            try delete(SealedRow(id: UInt32(number).littleEndianBytes, meta: blob), in: .keyslot)
        }
        adopt(next)
        for slot in slots { try insert(slot) }
        let keyringRow = try store.singleRow(in: .keyring)
        try rewrite(
            keyringRow, as: try next.row(version: (Keyring.version(of: keyringRow) ?? 0) + 1), in: .keyring)
        for (done, move) in moves.enumerated() {
            guard let row = try store.rows(in: move.table, tag: move.tag).first(where: { $0.id == move.id }) else {
                throw .damaged("a row of \(move.table) is not found by its tag")
            }
            try rewrite(row, as: try old.resealed(row, in: move.table, by: next, tag: move.newTag), in: move.table)
            progress(done + 1, moves.count)
        }
        try resealIndex(of: old)
        try store.forEach(in: .checkpoint) { (row) throws(VaultError) in count(row, in: .checkpoint) }
        // What is committed cannot be taken back: it must be found as it will be looked for.
        try snapshot.checkRows()
        _ = try Keyring.open(try store.singleRow(in: .keyring), vaultID: next.vaultID, rootKey: rootKey)
    }
}

extension WriteTransaction {
    /// Seals the index of the record with the keys adopted. A segment that does not open is of no more use than it was.
    private func resealIndex(of old: Keyring) throws(VaultError) {
        var segments: [(number: UInt64, segment: AuditSegment)] = []
        try snapshot.store.forEach(in: .auditIndex) { (row) throws(VaultError) in
            let number = UInt64(littleEndianBytes: row.id)
            if let segment = old.auditSegment(row.meta, number) { segments.append((number, segment)) }
        }
        for (number, segment) in segments {
            let meta = try keyring.seal(segment.sealed, at: AuditSegment.place(number), version: 0)
            try snapshot.store.put(auditSegment: meta, number)
        }
    }
}

/// A row that gets another tag, because tags are made with the keys.
private struct Move {
    let table: VaultTable
    let id: [UInt8]
    let tag: RowTag
    let newTag: RowTag
}

extension Snapshot {
    /// Every row that is sealed and has a tag, with the tag that other keys give it.
    fileprivate func moves(to next: Keyring) throws(VaultError) -> [Move] {
        var moves: [Move] = []
        func add(_ row: SealedRow, _ table: VaultTable, _ tag: RowTag, _ newTag: RowTag) throws(VaultError) {
            guard constantTimeEqual(row.tag, tag.bytes) else {
                throw .damaged("\(table) row \(row.id.hexadecimal): its tag is not that of its content")
            }
            moves.append(Move(table: table, id: row.id, tag: tag, newTag: newTag))
        }
        var profiles: [RowID: Profile] = [:]
        try forEachProfile { (record) throws(VaultError) in
            let profile = record.profile
            profiles[profile.id] = profile
            try add(record.row, .profile, .profile(profile.name, keyring), .profile(profile.name, next))
        }
        try store.forEach(in: .token) { (row) throws(VaultError) in
            let sealed = try open(SealedToken.self, row, in: .token)
            guard let profile = RowID(Array(sealed.profileID)).flatMap({ profiles[$0] }) else {
                throw .damaged("token row \(row.id.hexadecimal) belongs to no profile")
            }
            let audience = try Audience(scope: sealed.scope)
            let tags = [keyring, next].map { keys in
                RowTag.token(
                    profile: profile.id, destination: profile.destination, tenant: sealed.tenant,
                    clientID: profile.clientID, credential: profile.credential.kind, audience: audience, keys)
            }
            try add(row, .token, tags[0], tags[1])
        }
        try store.forEach(in: .rotation) { (row) throws(VaultError) in
            guard let profile = RowID(Array(try open(SealedRotation.self, row, in: .rotation).profileID)) else {
                throw .damaged("rotation row \(row.id.hexadecimal): its content is not understood")
            }
            try add(row, .rotation, .rotation(of: profile, keyring), .rotation(of: profile, next))
        }
        try store.forEach(in: .setting) { (row) throws(VaultError) in
            // Whatever its key: a newer program may know it.
            let key = try open(SealedSetting.self, row, in: .setting).key
            try add(row, .setting, .setting(key, keyring), .setting(key, next))
        }
        return moves
    }

    private func open<M: Message>(_ type: M.Type, _ row: SealedRow, in table: VaultTable) throws(VaultError) -> M {
        try keyring.open(type, row.meta, at: SealedPlace(table: table, column: .meta, rowID: row.id)).message
    }
}

extension Keyring {
    /// A row of these keys sealed with others, with the same content down to what this program does not know.
    ///
    /// - Throws: code `damaged` when it does not open.
    fileprivate func resealed(
        _ row: SealedRow, in table: VaultTable, by next: Keyring, tag: RowTag
    ) throws(VaultError) -> SealedRow {
        let place = SealedPlace(table: table, column: .meta, rowID: row.id)
        guard let meta = openMeta(row.meta, at: place) else { throw .doesNotOpen(place) }
        let version = meta.header.version + 1
        let metaColumn = try meta.plaintext.withRawSpan { (bytes) throws(VaultError) in
            try next.seal(bytes, at: place, version: version)
        }
        var new = SealedRow(id: row.id, tag: tag.bytes, meta: metaColumn)
        if table != .setting {
            let place = SealedPlace(table: table, column: .secret, rowID: row.id)
            let secret = try openSecret(row.secret, at: place, version: meta.header.version)
            new.secret = try next.seal(secret, at: place, version: version)
        }
        return new
    }
}
