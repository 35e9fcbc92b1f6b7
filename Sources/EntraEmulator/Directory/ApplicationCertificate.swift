import Crypto
import CryptoExtras
public import FoundationEssentials
import SwiftASN1
import X509

/// A certificate with which an application may sign its assertions: Graph's `keyCredential`.
///
/// As JSON it is the certificate in PEM, without its key.
public struct ApplicationCertificate: Codable, Sendable {
    /// The certificate as it was given.
    public let pem: String
    /// From when and until when it is valid.
    public let notBefore: Date
    public let notAfter: Date
    /// The whole certificate as `x5c` has it (RFC 7515, section 4.1.6).
    let der: Data
    let publicKey: _RSA.Signing.PublicKey

    /// - Throws: when `pem` is not one certificate, or its key is not RSA of 2048 bits or more; no other key is taken
    ///   for an application (wire.md 2).
    public init(pem: String) throws {
        let document = try PEMDocument(pemString: pem)
        let certificate = try Certificate(pemDocument: document)
        guard let key = _RSA.Signing.PublicKey(certificate.publicKey), key.keySizeInBits >= 2048 else {
            throw NotRSA()
        }
        self.pem = pem
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
        der = Data(document.derBytes)
        publicKey = key
    }

    public init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        let pem = try value.decode(String.self)
        do {
            try self.init(pem: pem)
        } catch {
            throw DecodingError.dataCorruptedError(in: value, debugDescription: "no RSA certificate in PEM: \(error)")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var value = encoder.singleValueContainer()
        try value.encode(pem)
    }

    /// What the header of an assertion calls it in `x5t`.
    var sha1: Data { Data(Insecure.SHA1.hash(data: der)) }
    /// What the header of an assertion calls it in `x5t#S256`.
    var sha256: Data { Data(SHA256.hash(data: der)) }

    private struct NotRSA: Error, CustomStringConvertible {
        let description = "the key is not RSA of 2048 bits or more"
    }
}
