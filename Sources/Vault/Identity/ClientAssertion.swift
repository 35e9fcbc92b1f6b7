internal import Crypto
internal import FoundationEssentials
internal import JWTKit

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

    /// The signed JWT.
    ///
    /// - Throws: code `internalError`; no part of it comes from the key.
    func signed(with certificate: ClientCertificate) async throws(VaultError) -> SecretBytes {
        let seconds = Int(time.timeIntervalSince1970)
        let claims = Claims(
            aud: audience, iss: clientID, sub: clientID, jti: UUID().uuidString.lowercased(), iat: seconds,
            nbf: seconds, exp: seconds + Int(Self.life))
        let (key, header) = (certificate.key, header(certificate.chain))
        do {
            let signer = JWTKeyCollection()
            let rsa = try Insecure.RSA.PrivateKey(backing: key)
            switch form.algorithm {
            case .ps256: await signer.add(pss: rsa, digestAlgorithm: .sha256)
            case .rs256: await signer.add(rsa: rsa, digestAlgorithm: .sha256)
            }
            return SecretBytes(copyingText: try await signer.sign(claims, header: header))
        } catch {
            throw VaultError(.internalError, "the assertion could not be signed")
        }
    }

    private func header(_ chain: [[UInt8]]) -> JWTHeader {
        var header: JWTHeader = ["alg": .string(form.algorithm.rawValue), "typ": "JWT"]
        switch form.algorithm {
        case .ps256: header[dynamicMember: "x5t#S256"] = .string(Self.base64URL(SHA256.hash(data: chain[0])))
        case .rs256: header[dynamicMember: "x5t"] = .string(Self.base64URL(Crypto.Insecure.SHA1.hash(data: chain[0])))
        }
        if form.sendsChain {
            header[dynamicMember: "x5c"] = .array(chain.map { .string(Data($0).base64EncodedString()) })
        }
        return header
    }

    private static func base64URL(_ digest: some Sequence<UInt8>) -> String {
        Data(digest).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private struct Claims: JWTPayload {
        let aud: String
        let iss: String
        let sub: String
        let jti: String
        let iat: Int
        let nbf: Int
        let exp: Int

        /// Nobody here takes such an assertion.
        func verify(using algorithm: some JWTAlgorithm) {}
    }
}
