/// An entry with what lets others read it and be sure of it.
public struct DisclosedEntry: ~Copyable, Sendable {
    public let row: SealedAuditRow
    /// The record key of the row, 32 bytes: it opens this row and nothing else.
    public let key: SecretBytes
    public let entry: AuditEntry
}

/// What gives away keys of entries. No agent answers these.
extension Vault {
    /// Lets a stranger read one entry and no other.
    ///
    /// - Parameter reason: goes onto the record.
    /// - Throws: code `notFound` when there is no such entry.
    public func disclose(_ sequence: UInt64, reason: String?) async throws(VaultError) -> DisclosedEntry {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            guard sequence < transaction.snapshot.state.tree.size else {
                throw .noSuchEntry(sequence, of: transaction.snapshot.state.tree.size)
            }
            var row: SealedAuditRow?
            try transaction.snapshot.store.forEachAudit(from: sequence) { (found) throws(VaultError) in
                row = found
                return false
            }
            guard let row else { throw .damaged("audit entry \(sequence) is missing") }
            let entry = try transaction.keyring.entry(row)
            let key = try transaction.keyring.recordKey(of: row)
            var event = AuditEvent(environment, .disclose, .ok)
            event.detail = "entry \(sequence)"
            event.reason = reason
            try transaction.append(event)
            return DisclosedEntry(row: row, key: key, entry: entry)
        }
    }

    /// Begins an export that others can read, see ``beginAuditExport()``.
    public func beginOpenAuditExport() async throws(VaultError) -> AuditExportHead {
        try await beginAuditExport("open")
    }

    /// Opens a row of an export.
    ///
    /// - Throws: code `damaged`.
    public func disclosed(_ row: SealedAuditRow) throws(VaultError) -> DisclosedEntry {
        let keyring = records.keyring
        return DisclosedEntry(row: row, key: try keyring.recordKey(of: row), entry: try keyring.entry(row))
    }
}
