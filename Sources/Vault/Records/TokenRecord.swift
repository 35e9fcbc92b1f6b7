internal import FoundationEssentials
internal import SwiftProtobuf
internal import VaultProtos

/// What is known of a cached token without opening it.
struct TokenRecord: Sendable {
    var profile: RowID
    var tenant: String
    var audience: Audience
    var tokenType: String
    var issuedAt: Date
    var expiresAt: Date
    var tokenID: String?
    /// Keyed hash, 32 bytes.
    var hash: [UInt8]
    var keyID: String?

    fileprivate static func place(_ id: [UInt8], _ column: SealedPlace.Column) -> SealedPlace {
        SealedPlace(table: .token, column: column, rowID: id)
    }
}

/// A token record with the row that it was read from.
struct StoredToken: Sendable {
    let record: TokenRecord
    let row: SealedRow
    let version: UInt64
}

extension Snapshot {
    func token(_ tag: RowTag) throws(VaultError) -> StoredToken? {
        guard let row = try store.rows(in: .token, tag: tag).first else { return nil }
        return try token(row)
    }

    /// All tokens in the cache, dead ones too.
    func tokens() throws(VaultError) -> [StoredToken] {
        var tokens: [StoredToken] = []
        try store.forEach(in: .token) { (row) throws(VaultError) in tokens.append(try token(row)) }
        return tokens
    }

    private func token(_ row: SealedRow) throws(VaultError) -> StoredToken {
        let (sealed, version) = try keyring.open(SealedToken.self, row.meta, at: TokenRecord.place(row.id, .meta))
        guard let profile = RowID(Array(sealed.profileID)), let issued = Date(milliseconds: sealed.issued),
            let expires = Date(milliseconds: sealed.expires), sealed.tokenHash.count == 32
        else { throw .damaged("token row \(row.id.hexadecimal): its content is not understood") }
        let record = TokenRecord(
            profile: profile, tenant: sealed.tenant, audience: try Audience(scope: sealed.scope),
            tokenType: sealed.tokenType, issuedAt: issued, expiresAt: expires, tokenID: sealed.tokenID.nonEmpty,
            hash: Array(sealed.tokenHash), keyID: sealed.keyID.nonEmpty)
        return StoredToken(record: record, row: row, version: version)
    }
}

extension Keyring {
    func value(of token: StoredToken) throws(VaultError) -> SecretBytes {
        try openSecret(token.row.secret, at: TokenRecord.place(token.row.id, .secret), version: token.version)
    }
}

extension WriteTransaction {
    /// Puts a token into the cache, over an older one of the same tag.
    mutating func put(_ record: TokenRecord, value: borrowing SecretBytes, tag: RowTag) throws(VaultError) {
        let old = try snapshot.token(tag)
        let id = old?.row.id ?? Sodium.randomBytes(16)
        let version = (old?.version ?? 0) + 1
        let meta = try keyring.seal(SealedToken(record), at: TokenRecord.place(id, .meta), version: version)
        let secret = try keyring.seal(value, at: TokenRecord.place(id, .secret), version: version)
        let row = SealedRow(id: id, tag: tag.bytes, meta: meta, secret: secret)
        if let old { try replace(old.row, by: row, in: .token) } else { try insert(row, in: .token) }
    }

    /// Takes the tokens that `condition` names out of the cache.
    ///
    /// - Returns: how many there were.
    mutating func deleteTokens(where condition: (TokenRecord) -> Bool) throws(VaultError) -> Int {
        let doomed = try snapshot.tokens().filter { condition($0.record) }
        for token in doomed { try delete(token.row, in: .token) }
        return doomed.count
    }
}

extension SealedToken {
    init(_ record: TokenRecord) {
        self.init()
        profileID = .init(record.profile.bytes)
        tenant = record.tenant
        scope = record.audience.scope
        tokenType = record.tokenType
        issued = record.issuedAt.milliseconds
        expires = record.expiresAt.milliseconds
        tokenID = record.tokenID ?? ""
        tokenHash = .init(record.hash)
        keyID = record.keyID ?? ""
    }
}
