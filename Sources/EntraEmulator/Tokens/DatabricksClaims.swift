import FoundationEssentials
import JWTKit

/// The claims of an access token of Databricks' own. Times are seconds since 1970.
struct DatabricksClaims: JWTPayload {
    let clientId: String
    let sub: String
    let iss: String
    /// The number of the workspace, or the account's GUID.
    let aud: String
    let scope: String
    let iat: Int
    let exp: Int
    var jti = UUID().uuidString.lowercased()

    private enum CodingKeys: String, CodingKey {
        case sub, iss, aud, scope, iat, exp, jti
        case clientId = "client_id"
    }

    // Who accepts the token checks times and audience, by the emulator's clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}
