internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials

/// The assertion that a client makes of itself with its certificate, instead of a secret (RFC 7523, section 3; wire
/// reference, section 2).
struct ClientAssertion {
    let clientID: String
    /// The token endpoint, the only one that may take it.
    let audience: String
    let form: AssertionForm
    let time: Date

    /// Seconds. Entra takes no longer ones.
    private static let life: TimeInterval = 600

    /// The signed JWT (RFC 7515, section 7.1).
    ///
    /// Put together here: the JWT library takes no chain (`x5c`) that it does not itself trust, and a client has no reason to
    /// judge its own.
    /// - Throws: code `internalError`; no part of it comes from the key.
    func signed(with certificate: ClientCertificate) throws(VaultError) -> SecretBytes {
        let seconds = Int(time.timeIntervalSince1970)
        let claims = Claims(
            aud: audience, iss: clientID, sub: clientID, jti: UUID().uuidString.lowercased(), iat: seconds,
            nbf: seconds, exp: seconds + Int(Self.life))
        let padding: _RSA.Signing.Padding = form.algorithm == .ps256 ? .PSS : .insecurePKCS1v1_5
        do {
            let encoder = JSONEncoder()
            let signed =
                Self.base64URL(try encoder.encode(header(certificate.chain))) + "."
                + Self.base64URL(try encoder.encode(claims))
            let signature = try certificate.key.signature(for: SHA256.hash(data: Data(signed.utf8)), padding: padding)
            return SecretBytes(copyingText: signed + "." + Self.base64URL(signature.rawRepresentation))
        } catch {
            throw VaultError(.internalError, "the assertion could not be signed")
        }
    }

    private func header(_ chain: [[UInt8]]) -> Header {
        let isModern = form.algorithm == .ps256
        return Header(
            alg: form.algorithm.rawValue,
            sha1: isModern ? nil : Self.base64URL(Insecure.SHA1.hash(data: chain[0])),
            sha256: isModern ? Self.base64URL(SHA256.hash(data: chain[0])) : nil,
            x5c: form.sendsChain ? chain.map { Data($0).base64EncodedString() } : nil)
    }

    private static func base64URL(_ digest: some Sequence<UInt8>) -> String {
        Data(digest).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// RFC 7515, sections 4.1.6 to 4.1.8.
    private struct Header: Encodable {
        let alg: String
        var typ = "JWT"
        let sha1: String?
        let sha256: String?
        let x5c: [String]?

        enum CodingKeys: String, CodingKey {
            case alg, typ, x5c
            case sha1 = "x5t"
            case sha256 = "x5t#S256"
        }
    }

    private struct Claims: Encodable {
        let aud: String
        let iss: String
        let sub: String
        let jti: String
        let iat: Int
        let nbf: Int
        let exp: Int
    }
}
