internal import SwiftProtobuf
internal import FoundationEssentials
internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension AgentRequest.MakeCheckpoint {
    /// - Throws: code `usage` for a reason that is longer than the record has room for.
    func checkedReason() throws(VaultError) -> String? {
        guard reason.utf8.count <= 4096 else {
            throw VaultError(.usage, "the reason is longer than the record has room for")
        }
        return hasReason ? reason : nil
    }
}

extension SignedCheckpoint {
    var message: AgentAnswer.SignedCheckpoint {
        .with {
            $0.size = size
            $0.root = Data(root)
            $0.note = note
        }
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.SignedCheckpoint) {
        guard message.root.count == 32, !message.note.isEmpty else { return nil }
        self.init(size: message.size, root: Array(message.root), note: message.note)
    }
}

extension InclusionProof {
    var message: AgentAnswer.InclusionProof {
        .with {
            $0.sequence = sequence
            $0.leaf = Data(leaf)
            $0.path = path.map { Data($0) }
            $0.checkpoint = checkpoint.message
        }
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.InclusionProof) {
        guard message.leaf.count == 32, message.path.allSatisfy({ $0.count == 32 }),
            let checkpoint = SignedCheckpoint(message.checkpoint)
        else { return nil }
        self.init(
            sequence: message.sequence, leaf: Array(message.leaf), path: message.path.map { Array($0) },
            checkpoint: checkpoint)
    }
}

extension ConsistencyProof {
    var message: AgentAnswer.ConsistencyProof {
        .with {
            $0.oldSize = oldSize
            $0.path = path.map { Data($0) }
            $0.checkpoint = checkpoint.message
        }
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.ConsistencyProof) {
        guard message.path.allSatisfy({ $0.count == 32 }), let checkpoint = SignedCheckpoint(message.checkpoint) else {
            return nil
        }
        self.init(oldSize: message.oldSize, path: message.path.map { Array($0) }, checkpoint: checkpoint)
    }
}

extension AuditExportHead {
    var message: AgentAnswer.AuditExportHead {
        .with {
            $0.vaultID = Data(vaultID)
            $0.verifierKey = verifierKey
            $0.checkpoint = checkpoint.message
        }
    }

    /// - Returns: nil when it makes no sense.
    init?(_ message: AgentAnswer.AuditExportHead) {
        guard message.vaultID.count == 16, let checkpoint = SignedCheckpoint(message.checkpoint) else { return nil }
        self.init(vaultID: Array(message.vaultID), verifierKey: message.verifierKey, checkpoint: checkpoint)
    }
}
