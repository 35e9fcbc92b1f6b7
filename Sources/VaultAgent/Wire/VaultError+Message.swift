internal import Vault
internal import VaultProtos

extension VaultError {
    var failure: AgentAnswer.Failure {
        var failure = AgentAnswer.Failure()
        failure.code = code.rawValue
        failure.message = message
        failure.hint = hint ?? ""
        if let refusal {
            failure.refusal = refusal.sealed
            failure.refusalText = refusal.text ?? ""
        }
        return failure
    }

    /// - Returns: nil for a code that is none.
    init?(_ failure: AgentAnswer.Failure) {
        guard let code = Code(rawValue: failure.code) else { return nil }
        var refusal = failure.hasRefusal ? ProviderRefusal(failure.refusal) : nil
        refusal?.text = failure.refusalText.nonEmpty
        self.init(code, failure.message, hint: failure.hint.nonEmpty, refusal: refusal)
    }
}

extension ProviderRefusal {
    fileprivate var sealed: SealedAuditEvent.Refusal {
        var sealed = SealedAuditEvent.Refusal()
        sealed.error = error
        sealed.aadsts = Int64(aadsts ?? 0)
        sealed.traceID = traceID ?? ""
        sealed.correlationID = correlationID ?? ""
        return sealed
    }

    fileprivate init(_ sealed: SealedAuditEvent.Refusal) {
        self.init(
            error: sealed.error, aadsts: sealed.aadsts == 0 ? nil : Int(sealed.aadsts),
            traceID: sealed.traceID.nonEmpty, correlationID: sealed.correlationID.nonEmpty)
    }
}
