import FoundationEssentials
import JWTKit

/// The claims of an app-only access token.
///
/// A token of version 1 names its client `appid`, one of version 2 `azp`. All times are seconds since 1970.
struct TokenClaims: JWTPayload {
    let aud: String
    let iss: String
    let iat: Int
    let nbf: Int
    let exp: Int
    var aio = Base64URL.random(32)
    var appid: String?
    var appidacr: String?
    var azp: String?
    var azpacr: String?
    var idp: String?
    var idtyp = "app"
    let oid: String
    var rh = "1." + Base64URL.random(24)
    var roles: [String]?
    let sub: String
    let tid: String
    /// Unique to the token, so that two of them differ even when made in one second.
    var uti = Base64URL.random(16)
    let ver: String

    /// Claims for `application`, valid from `time` on.
    init(
        version: TokenVersion, audience: String, issuer: String, tenant: Tenant, application: Application,
        proof: ClientProof, time: Date, lifetime: Int
    ) {
        let now = Int(time.timeIntervalSince1970)
        aud = audience
        iss = issuer
        iat = now
        nbf = now
        exp = Self.end(of: lifetime, from: time)
        oid = application.servicePrincipalId
        sub = application.servicePrincipalId
        tid = tenant.id
        roles = application.roles.isEmpty ? nil : application.roles
        ver = version.rawValue
        switch version {
        case .v1:
            appid = application.clientId
            appidacr = proof.rawValue
            idp = issuer
        case .v2:
            azp = application.clientId
            azpacr = proof.rawValue
        }
    }

    /// When a token of `time` ends that lives `lifetime` seconds: never before a client that counts from the answer on
    /// thinks it does. With lives of seconds, a fraction lost is much.
    static func end(of lifetime: Int, from time: Date) -> Int {
        Int((time.timeIntervalSince1970 + Double(lifetime)).rounded(.up))
    }

    // Who accepts the token checks times and audience, by the emulator's clock.
    func verify(using algorithm: some JWTAlgorithm) {}
}

/// How the client showed who it is, as the claims `appidacr` and `azpacr` tell it.
enum ClientProof: String, Sendable {
    case secret = "1"
    /// An assertion, whether signed with a certificate or by a federated issuer.
    case assertion = "2"
}

/// The shape of a token, which is the resource's choice.
enum TokenVersion: String, Sendable {
    case v1 = "1.0"
    case v2 = "2.0"
}
