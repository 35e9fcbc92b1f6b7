import CryptoExtras
import FoundationEssentials

/// A signed JWT that a client presents (RFC 7515, section 7.1), taken apart and not yet believed.
///
/// It is read to the letter: Base64URL without padding or white space. Whatever a client forgets to trim shows here.
struct PresentedToken {
    struct Header: Decodable {
        let alg: String
        let kid: String?
        let x5t: String?
        let x5tS256: String?
        let x5c: [String]?

        private enum CodingKeys: String, CodingKey {
            case alg, kid, x5t, x5c
            case x5tS256 = "x5t#S256"
        }
    }

    /// The claims that are looked at; times are seconds since 1970, and may have a fraction.
    struct Claims: Decodable {
        let iss: String?
        let sub: String?
        let aud: Audience?
        let jti: String?
        let iat: Double?
        let nbf: Double?
        let exp: Double?
    }

    /// One audience, or several (RFC 7519, section 4.1.3).
    struct Audience: Decodable {
        let values: [String]

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            do {
                values = [try value.decode(String.self)]
            } catch DecodingError.typeMismatch {
                values = try value.decode([String].self)
            }
        }
    }

    /// The signatures that are taken: of RSA, with SHA-256.
    private static let paddings: [String: _RSA.Signing.Padding] = ["RS256": .insecurePKCS1v1_5, "PS256": .PSS]

    let header: Header
    let claims: Claims
    /// `nil` for an algorithm that nobody takes, such as `none`.
    private let padding: _RSA.Signing.Padding?
    private let signed: [UInt8]
    private let signature: Data

    /// - Returns: `nil` when `text` is no JWT of three parts.
    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        let bytes = parts.compactMap { Base64URL.decode($0) }
        guard bytes.count == 3 else { return nil }
        do {
            header = try JSONDecoder().decode(Header.self, from: bytes[0])
            claims = try JSONDecoder().decode(Claims.self, from: bytes[1])
        } catch {
            return nil
        }
        padding = Self.paddings[header.alg]
        signed = [UInt8]("\(parts[0]).\(parts[1])".utf8)
        signature = bytes[2]
    }

    var hasKnownAlgorithm: Bool { padding != nil }

    func isSigned(by key: _RSA.Signing.PublicKey) -> Bool {
        guard let padding else { return false }
        return key.isValidSignature(
            _RSA.Signing.RSASignature(rawRepresentation: signature), for: signed, padding: padding)
    }

    /// How far a client's clock may be off, in seconds.
    static let skew = 300.0

    /// Whether `time` lies between the token's beginning and its end, give or take ``skew``. A token without an end is
    /// never valid, one without a beginning always was.
    func isValid(at time: Date) -> Bool {
        let now = time.timeIntervalSince1970
        guard let end = claims.exp, now < end + Self.skew else { return false }
        return [claims.nbf, claims.iat].compactMap(\.self).allSatisfy { $0 <= now + Self.skew }
    }

    /// Whether the token ends at most so many seconds after `time`, give or take ``skew``.
    func ends(within seconds: Double, of time: Date) -> Bool {
        claims.exp.map { $0 <= time.timeIntervalSince1970 + seconds + Self.skew } ?? false
    }
}
