import Crypto
import CryptoExtras
import FoundationEssentials
import SwiftASN1
import Testing
import X509
@testable import Vault

struct ClientAssertionTests {
    private let key: _RSA.Signing.PrivateKey
    private let certificate: Certificate
    private let time = Date(timeIntervalSince1970: 1_800_000_000.75)

    init() throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName("signer") }
        certificate = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key.publicKey),
            notValidBefore: Date(timeIntervalSince1970: 1_700_000_000),
            notValidAfter: Date(timeIntervalSince1970: 1_900_000_000), issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption, extensions: .init(), issuerPrivateKey: .init(key))
    }

    /// Through the form in which it is stored.
    private func stored() throws -> ClientCertificate {
        let text = key.pkcs8PEMRepresentation + "\n" + (try certificate.serializeAsPEM().pemString)
        let pem = SecretBytes(copyingText: text)
        let read = try ClientCertificate(pem: pem) { () throws(VaultError) in
            throw VaultError(.internalError, "the key is not encrypted")
        }
        return try ClientCertificate(sealed: read.sealed)
    }

    private func signed(_ form: AssertionForm) throws -> (parts: [Data], signed: Data) {
        let assertion = try ClientAssertion(
            clientID: "app", audience: "https://login.example/t/oauth2/v2.0/token", form: form, time: time
        ).signed(with: stored())
        let text = String(decoding: assertion.array(), as: UTF8.self)
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        #expect(parts.count == 3)
        let decoded = try parts.map { part in
            #expect(!part.contains { "+/=".contains($0) })
            var padded = part.replacing("-", with: "+").replacing("_", with: "/")
            while padded.utf8.count % 4 > 0 { padded += "=" }
            return try #require(Data(base64Encoded: String(padded)))
        }
        return (decoded, Data(parts.dropLast().joined(separator: ".").utf8))
    }

    private struct Header: Decodable {
        let alg: String
        let typ: String
        let x5t: String?
        let sha256: String?
        let x5c: [String]?

        enum CodingKeys: String, CodingKey {
            case alg, typ, x5t, x5c
            case sha256 = "x5t#S256"
        }
    }

    private struct Claims: Decodable {
        let aud: String
        let iss: String
        let sub: String
        let jti: String
        let iat: Int
        let nbf: Int
        let exp: Int
    }

    @Test func `an assertion is signed with PSS and names its certificate by SHA-256`() throws {
        let (parts, signed) = try signed(AssertionForm())
        let header = try JSONDecoder().decode(Header.self, from: parts[0])
        #expect(header.alg == "PS256" && header.typ == "JWT" && header.x5t == nil && header.x5c == nil)
        #expect(header.sha256?.utf8.count == 43, "32 bytes without padding")
        let signature = _RSA.Signing.RSASignature(rawRepresentation: parts[2])
        #expect(key.publicKey.isValidSignature(signature, for: SHA256.hash(data: signed), padding: .PSS))
        let claims = try JSONDecoder().decode(Claims.self, from: parts[1])
        #expect(claims.aud == "https://login.example/t/oauth2/v2.0/token")
        #expect(claims.iss == "app" && claims.sub == "app")
        #expect(claims.iat == 1_800_000_000 && claims.nbf == claims.iat && claims.exp == claims.iat + 600)
        let other = try self.signed(AssertionForm()).parts[1]
        #expect(try JSONDecoder().decode(Claims.self, from: other).jti != claims.jti, "each has its own id")
    }

    @Test func `for AD FS it is signed with PKCS 1 and names its certificate by SHA-1`() throws {
        let (parts, signed) = try signed(AssertionForm(algorithm: .rs256, sendsChain: true))
        let header = try JSONDecoder().decode(Header.self, from: parts[0])
        #expect(header.alg == "RS256" && header.sha256 == nil && header.x5t?.utf8.count == 27)
        let chain = try #require(header.x5c)
        #expect(chain.count == 1)
        #expect(try Certificate(derEncoded: Array(try #require(Data(base64Encoded: chain[0])))) == certificate)
        let signature = _RSA.Signing.RSASignature(rawRepresentation: parts[2])
        #expect(key.publicKey.isValidSignature(signature, for: SHA256.hash(data: signed), padding: .insecurePKCS1v1_5))
    }

    @Test func `what is stored tells its end and its thumbprint`() throws {
        let stored = try stored()
        #expect(stored.expiresAt == Date(timeIntervalSince1970: 1_900_000_000))
        let digest = Insecure.SHA1.hash(data: stored.chain[0]).map { ("0" + String($0, radix: 16)).suffix(2) }
        #expect(stored.thumbprint.lowercased() == digest.joined())
    }
}
