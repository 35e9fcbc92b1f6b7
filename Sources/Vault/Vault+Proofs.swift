private import Dispatch

/// Checkpoints of the record, and what is proven to others with them.
extension Vault {
    public func checkpointKey() async throws(VaultError) -> String { records.keyring.checkpointVerifierKey }

    public func checkpoint(reason: String?) async throws(VaultError) -> SignedCheckpoint {
        try await commits.write { [environment] (transaction) throws(VaultError) in
            try transaction.checkpoint(environment, reason: reason)
        }
    }

    /// The same before the vault is let go of: nobody waits long for it, and nothing is made when nothing came.
    package func checkpointBeforeLocking() throws(VaultError) {
        guard records.state.checkpointSize < records.state.tree.size else { return }
        _ = try records.write(within: .seconds(1)) { (transaction) throws(VaultError) in
            try transaction.checkpoint(environment, reason: "locked")
        }
    }

    public func proveEntry(_ sequence: UInt64) async throws(VaultError) -> InclusionProof {
        try AuditProver(records: records).inclusion(of: sequence)
    }

    public func proveConsistency(from old: UInt64, to size: UInt64?) async throws(VaultError) -> ConsistencyProof {
        try AuditProver(records: records).consistency(from: old, to: size)
    }

    public func beginAuditExport() async throws(VaultError) -> AuditExportHead {
        try await beginAuditExport("sealed")
    }

    func beginAuditExport(_ detail: String) async throws(VaultError) -> AuditExportHead {
        let keyring = records.keyring
        return try await commits.write { [environment] (transaction) throws(VaultError) in
            var event = AuditEvent(environment, .auditExport, .ok)
            event.detail = detail
            try transaction.append(event)
            return AuditExportHead(
                vaultID: keyring.vaultID, verifierKey: keyring.checkpointVerifierKey,
                checkpoint: try transaction.addCheckpoint())
        }
    }
}

extension WriteTransaction {
    /// Puts a checkpoint onto the record, unless the last one covers everything.
    fileprivate mutating func checkpoint(
        _ environment: VaultEnvironment, reason: String?
    ) throws(VaultError) -> SignedCheckpoint {
        if let current = try snapshot.currentCheckpoint() { return current }
        var event = AuditEvent(environment, .checkpoint, .ok)
        event.reason = reason
        try append(event)
        return try addCheckpoint()
    }
}
