import CryptoExtras
import FoundationEssentials
import SwiftASN1
import X509

@testable import EntraEmulator

/// A client that signs its assertions: a key, and the certificate that the directory is given.
struct Signer {
    let key: _RSA.Signing.PrivateKey
    let certificate: ApplicationCertificate

    /// One for all tests of the process, as a key takes a while.
    static func shared() async throws -> Signer { try await made.value }

    private static let made = Task { try Signer() }

    /// - Parameter days: from when and until when the certificate is valid, in days from ``Example/time``.
    init(days: ClosedRange<Double> = -1...1) throws {
        key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
        let name = try DistinguishedName { CommonName("signer") }
        let issuer = Certificate.PrivateKey(key)
        let made = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: issuer.publicKey,
            notValidBefore: Example.time + days.lowerBound * 86_400,
            notValidAfter: Example.time + days.upperBound * 86_400, issuer: name, subject: name,
            signatureAlgorithm: .sha256WithRSAEncryption, extensions: try Certificate.Extensions {},
            issuerPrivateKey: issuer
        )
        certificate = try ApplicationCertificate(pem: made.serializeAsPEM().pemString)
    }

    /// The claims of a good assertion at ``Example/time``, with some changed or, by `nil`, left out.
    static func claims(_ changes: KeyValuePairs<String, String?> = [:]) -> String {
        let now = Int(Example.time.timeIntervalSince1970)
        var claims: [String: String] = [
            "aud": "\"\(Example.base)/\(Example.tenant)/oauth2/v2.0/token\"", "iss": "\"\(Example.client)\"",
            "sub": "\"\(Example.client)\"", "jti": "\"1\"", "iat": "\(now)", "nbf": "\(now)", "exp": "\(now + 600)",
        ]
        for (name, value) in changes { claims[name] = value }
        return "{" + claims.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
    }

    /// The JWT of `claims`, which are JSON.
    func assertion(_ claims: String = Self.claims(), algorithm: String = "PS256") throws -> String {
        let header = #"{"alg":"\#(algorithm)","x5t#S256":"\#(Base64URL.encode(certificate.sha256))"}"#
        let signed = [header, claims].map { Base64URL.encode(Data($0.utf8)) }.joined(separator: ".")
        let padding: _RSA.Signing.Padding = algorithm == "PS256" ? .PSS : .insecurePKCS1v1_5
        let signature = try key.signature(for: Data(signed.utf8), padding: padding)
        return "\(signed).\(Base64URL.encode(signature.rawRepresentation))"
    }

    /// The form that presents `assertion`.
    static func form(_ assertion: String) -> String {
        Example.form([
            "client_secret": nil, "client_assertion": assertion,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        ])
    }
}
