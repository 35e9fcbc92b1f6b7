/// The record as it lies in the file, sealed: no key is needed to read it so, or to check that it is whole.
///
/// ```swift
/// let history = try SealedHistory(at: path, head: try await service.beginAuditExport())
/// try history.forEachRow { row in … }
/// try history.forEachCheckpoint { checkpoint in … }
/// ```
public struct SealedHistory {
    public let head: AuditExportHead
    private let connection: SQLiteConnection

    /// - Parameters:
    ///   - path: the vault's, absolute.
    ///   - head: up to where it is read; what others write meanwhile is left out.
    /// - Throws: codes `notFound`, `locked`, `damaged`, `notUnderstood`.
    public init(at path: String, head: AuditExportHead) throws(VaultError) {
        let file = try VaultFile(path)
        try file.checkExisting()
        connection = try SQLiteConnection(path: file.path, access: .readWrite)
        _ = try Schema.check(connection)
        guard try VaultStore(connection: connection).vaultID() == head.vaultID else {
            throw .damaged("another vault lies in its place")
        }
        self.head = head
    }

    /// Rows that are read in one transaction.
    private static let stretch: UInt64 = 1024

    /// Calls `body` with every row, oldest first. A stretch is read at a time, so that nobody who writes waits for `body`.
    ///
    /// - Throws: code `damaged` when the rows are not those of the checkpoint, which is known after the last.
    public func forEachRow(_ body: (SealedAuditRow) throws(VaultError) -> Void) throws(VaultError) {
        var tree = AuditTree()
        while tree.size < head.checkpoint.size {
            let rows = try rows(from: tree.size, to: min(tree.size + Self.stretch, head.checkpoint.size))
            for row in rows {
                tree.append(row)
                try body(row)
            }
        }
        guard tree.root == head.checkpoint.root else {
            throw .damaged("the audit's rows are not the ones that were written: their tree has another root")
        }
    }

    private func rows(from start: UInt64, to end: UInt64) throws(VaultError) -> [SealedAuditRow] {
        var rows: [SealedAuditRow] = []
        try VaultStore(connection: connection).forEachAudit(from: start) { (row) throws(VaultError) in
            rows.append(row)
            return row.sequence + 1 < end
        }
        guard rows.count == end - start else { throw .damaged("audit entry \(start + UInt64(rows.count)) is missing") }
        return rows
    }

    /// Calls `body` with the notes of all checkpoints, oldest first; the last is that of the head.
    ///
    /// - Throws: code `damaged` for one that the vault has not signed, or when the last is missing.
    public func forEachCheckpoint(_ body: (SignedCheckpoint) throws(VaultError) -> Void) throws(VaultError) {
        guard let key = NoteVerifierKey(head.verifierKey) else {
            throw VaultError(.internalError, "the verifier key of the vault is none")
        }
        var last: UInt64 = 0
        while last < head.checkpoint.size {
            var found: [SealedRow] = []
            try VaultStore(connection: connection).forEachCheckpoint(after: last) { (row) throws(VaultError) in
                found.append(row)
                return found.count < Int(Self.stretch)
            }
            for row in found {
                let checkpoint = try SignedCheckpoint(row, of: head.vaultID, key: key)
                guard checkpoint.size <= head.checkpoint.size else { break }
                last = checkpoint.size
                try body(checkpoint)
            }
            guard let next = found.last, UInt64(littleEndianBytes: next.id) <= head.checkpoint.size else { break }
        }
        guard last == head.checkpoint.size else { throw .damaged("the last checkpoint is missing") }
    }
}
