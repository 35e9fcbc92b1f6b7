public import Vault
internal import VaultProtos

extension AgentClient {
    public func verifyAudit(
        _ request: consuming AuditVerificationRequest, progress: @Sendable (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> AuditVerification {
        let message = self.request(.verifyAudit(request.message))
        switch request.auditKey.take() {
        case .some(let key):
            return try ask(message, secret: key) { (connection) throws(VaultError) in
                try connection.auditVerification(progress)
            }
        case .none:
            return try ask(message) { (connection) throws(VaultError) in try connection.auditVerification(progress) }
        }
    }
}

extension AgentConnection {
    /// Reads progress, then findings, then what was looked at.
    fileprivate mutating func auditVerification(
        _ progress: (_ done: Int, _ of: Int) -> Void
    ) throws(VaultError) -> AuditVerification {
        var findings: [AuditFinding] = []
        while true {
            let part = try nextPart()
            switch part.content {
            case .auditVerification(let message) where part.isLast:
                guard let verification = AuditVerification(message, findings) else { throw .answerNotUnderstood }
                return verification
            case .auditFindings(let message) where !part.isLast:
                for finding in message.findings {
                    guard let finding = AuditFinding(finding) else { throw .answerNotUnderstood }
                    findings.append(finding)
                }
            default:
                guard !part.isLast, let now = part.content.progress else { throw .answerNotUnderstood }
                progress(now.done, now.total)
            }
        }
    }
}
