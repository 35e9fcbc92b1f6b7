/// A token as the v2 endpoint hands it out: numbers are numbers (wire.md 1.1).
struct TokenAnswerV2: Encodable {
    var tokenType = "Bearer"
    let expiresIn: Int
    let extExpiresIn: Int
    /// Sent for a token that lives two hours or longer.
    let refreshIn: Int?
    let accessToken: String

    init(token: String, lifetime: Int) {
        expiresIn = lifetime
        extExpiresIn = lifetime
        refreshIn = lifetime >= 7200 ? lifetime / 2 : nil
        accessToken = token
    }
}

/// A token as the v1 endpoint hands it out: numbers are strings (wire.md 1.2).
struct TokenAnswerV1: Encodable {
    var tokenType = "Bearer"
    let expiresIn: String
    let extExpiresIn: String
    let expiresOn: String
    let notBefore: String
    let resource: String
    let accessToken: String

    init(token: String, claims: TokenClaims, lifetime: Int) {
        expiresIn = "\(lifetime)"
        extExpiresIn = expiresIn
        expiresOn = "\(claims.exp)"
        notBefore = "\(claims.nbf)"
        resource = claims.aud
        accessToken = token
    }
}
