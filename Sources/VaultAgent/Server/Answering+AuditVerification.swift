internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

extension Answering {
    /// Sends how far it is, then the findings, then what was looked at.
    func verifyAudit(_ wanted: AgentRequest.VerifyAudit, asked request: AgentRequest) async throws {
        // Before anything is objected to: what follows the request is not to be taken for another one.
        let key = wanted.hasAuditKey_p ? try await channel.nextSecret() : nil
        let shared = SharedVerificationRequest(try AuditVerificationRequest(wanted, auditKey: key))
        let (stream, progress) = AsyncStream.makeStream(
            of: AgentAnswer.Progress.self, bufferingPolicy: .bufferingNewest(1))
        let verification = try await self.stream(stream, progress, asked: request) { vault in
            try await vault.verifyAudit(shared.copy()) { done, total in
                progress.yield(.with { ($0.done, $0.total) = (UInt64(done), UInt64(total)) })
            }
        } message: {
            AgentAnswer(.progress($0))
        }
        let findings = verification.findings.isEmpty ? [] : try verification.findings.answerParts()
        try await send(findings + [AgentAnswer(.auditVerification(verification.message))])
    }
}
