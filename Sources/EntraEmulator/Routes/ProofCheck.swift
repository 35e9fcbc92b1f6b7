import FoundationEssentials
import HTTPTypes

extension EntraEmulator {
    /// Whom a proof is for: the directory service, by the id of its old API.
    private static let proofAudience = "00000002-0000-0000-c000-000000000000"
    /// How long a proof may be good for, in seconds.
    private static let longestProof = 600.0

    /// Refuses a call without a proof that the caller has a key of `application` already: a JWT, signed with one of its
    /// certificates (wire.md 8.1). Graph says the same of all that may be wrong with one.
    func check(proof text: String?, of application: Application, _ call: GraphCall) throws(Refusal) {
        let refusal = call.refusal(
            .unauthorized, "Authentication_MissingOrMalformed", "Access Token missing or malformed.")
        guard let token = text.flatMap(PresentedToken.init) else { throw refusal }
        let time = call.request.time
        let isSigned = application.certificates.contains {
            $0.life.removed == nil && $0.isValid(at: time) && token.isSigned(by: $0.publicKey)
        }
        guard isSigned, token.claims.aud?.values == [Self.proofAudience],
            token.claims.iss?.lowercased() == application.objectId.lowercased(),
            let beginning = token.claims.nbf, let end = token.claims.exp, end - beginning <= Self.longestProof,
            token.isValid(at: time)
        else { throw refusal }
    }
}
