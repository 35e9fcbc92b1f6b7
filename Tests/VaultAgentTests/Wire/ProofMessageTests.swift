internal import SwiftProtobuf
import FoundationEssentials
import Testing
import VaultProtos
@testable import Vault
@testable import VaultAgent

struct ProofMessageTests {
    private let hash = [UInt8](repeating: 7, count: 32)
    private var checkpoint: SignedCheckpoint { SignedCheckpoint(size: .max, root: hash, note: "note\n") }

    @Test func `checkpoints and proofs come as they were sent`() throws {
        #expect(try sent(.signedCheckpoint(checkpoint.message)).content?.signedCheckpoint == checkpoint)
        #expect(try sent(.checkpointKey("name+1+AQ==")).content?.checkpointKey == "name+1+AQ==")
        for path in [[], [hash, hash]] {
            let inclusion = InclusionProof(sequence: 4711, leaf: hash, path: path, checkpoint: checkpoint)
            #expect(try sent(.inclusionProof(inclusion.message)).content?.inclusionProof == inclusion)
            let consistency = ConsistencyProof(oldSize: 3, path: path, checkpoint: checkpoint)
            #expect(try sent(.consistencyProof(consistency.message)).content?.consistencyProof == consistency)
        }
        let head = AuditExportHead(
            vaultID: [UInt8](repeating: 1, count: 16), verifierKey: "name+1+AQ==", checkpoint: checkpoint)
        #expect(try sent(.auditExportHead(head.message)).content?.auditExportHead == head)
    }

    @Test func `hashes of other lengths make no sense`() {
        let short = Data([1, 2, 3])
        let proof = InclusionProof(sequence: 0, leaf: hash, path: [hash], checkpoint: checkpoint).message
        func isNone(_ change: (inout AgentAnswer.InclusionProof) -> Void) -> Bool {
            var message = proof
            change(&message)
            return InclusionProof(message) == nil
        }
        #expect(!isNone { _ in })
        #expect(isNone { $0.leaf = short })
        #expect(isNone { $0.path = [short] })
        #expect(isNone { $0.checkpoint.root = short })
        #expect(isNone { $0.checkpoint.note = "" })
        #expect(isNone { $0.clearCheckpoint() })
    }

    @Test func `a reason is as it was given, and not too long for the record`() throws {
        func reason(_ text: String?) throws -> String? {
            try sent(.makeCheckpoint(.with { if let text { $0.reason = text } })).makeCheckpoint.checkedReason()
        }
        #expect(try reason("quarter") == "quarter")
        #expect(try reason("") == "")
        #expect(try reason(nil) == nil)
        #expect(isRefused { _ = try reason(String(repeating: "x", count: 4097)) })
    }
}
