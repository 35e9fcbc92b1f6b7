import FoundationEssentials
import JWTKit

/// The claims of a token of an issuer under `/external`. Times are seconds since 1970.
struct ExternalClaims: JWTPayload {
    let iss: String
    let sub: String
    let aud: String
    let iat: Int
    let nbf: Int
    let exp: Int
    var jti = UUID().uuidString.lowercased()

    // Who accepts the token checks times and audience, by the emulator's clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}
