internal import FoundationEssentials
internal import Vault

extension Dialect {
    /// The answer without the token. Numbers are texts where the real ones have it so; the Databricks SDKs take nothing but
    /// a number.
    func fields(
        of token: TokenDetails, for question: Question, clientID: String, at now: Date
    ) -> [String: JSONField] {
        let expiry = Int64(token.expiresAt.timeIntervalSince1970.rounded(.down))
        var fields: [String: JSONField] = ["token_type": .text(token.tokenType)]
        guard self != .databricks else {
            fields["expires_on"] = .number(expiry)
            return fields
        }
        fields["client_id"] = .text(clientID)
        fields["expires_on"] = .text(String(expiry))
        fields["resource"] = .text(question.resource)
        guard self == .imds || self == .cloudShell else { return fields }
        // By the clock that the client has, too, and never more than there is.
        let left = .text(String(max(0, expiry - Int64(now.timeIntervalSince1970.rounded(.up))))) as JSONField
        fields["expires_in"] = left
        fields["ext_expires_in"] = left
        fields["not_before"] = .text(String(Int64(token.issuedAt.timeIntervalSince1970.rounded(.down))))
        return fields
    }
}
