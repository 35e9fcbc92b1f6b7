import Crypto
import CryptoExtras
public import FoundationEssentials
import SwiftASN1
import X509

/// A certificate with which an application may sign its assertions: Graph's `keyCredential`.
///
/// As JSON it is the certificate in PEM, without its key; or an object that has it as `pem`, beside `keyId` and
/// `displayName`.
public struct ApplicationCertificate: Codable, Sendable, DatedCredential {
    public var keyId: String
    public var displayName: String
    /// When it came, and when it was removed. A directory file says neither.
    public internal(set) var life = Lifespan()
    /// The certificate in PEM.
    public let pem: String
    /// From when and until when it is valid.
    public let notBefore: Date
    public let notAfter: Date
    private enum CodingKeys: CodingKey { case pem, keyId, displayName }

    /// The whole certificate as `x5c` has it (RFC 7515, section 4.1.6).
    let der: Data
    let publicKey: _RSA.Signing.PublicKey

    /// - Throws: when `pem` is not one certificate, or its key is not RSA of 2048 bits or more; no other key is taken
    ///   for an application (wire.md 2).
    public init(pem: String, keyId: String? = nil, displayName: String = "") throws {
        try self.init(PEMDocument(pemString: pem), pem: pem, keyId: keyId, displayName: displayName)
    }

    /// The certificate as Graph takes it.
    /// - Throws: as the other initialiser does.
    init(der: Data, keyId: String? = nil, displayName: String = "") throws {
        let document = PEMDocument(type: Certificate.defaultPEMDiscriminator, derBytes: [UInt8](der))
        try self.init(document, pem: document.pemString + "\n", keyId: keyId, displayName: displayName)
    }

    private init(_ document: PEMDocument, pem: String, keyId: String?, displayName: String) throws {
        let certificate = try Certificate(pemDocument: document)
        guard let key = _RSA.Signing.PublicKey(certificate.publicKey), key.keySizeInBits >= 2048 else {
            throw NotRSA()
        }
        self.pem = pem
        self.keyId = keyId ?? UUID().uuidString.lowercased()
        self.displayName = displayName
        notBefore = certificate.notValidBefore
        notAfter = certificate.notValidAfter
        der = Data(document.derBytes)
        publicKey = key
    }

    public init(from decoder: any Decoder) throws {
        let pem: String
        var keyId: String?
        var displayName: String?
        do {
            pem = try decoder.singleValueContainer().decode(String.self)
        } catch DecodingError.typeMismatch {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            pem = try fields.decode(String.self, forKey: .pem)
            keyId = try fields.decodeIfPresent(String.self, forKey: .keyId)
            displayName = try fields.decodeIfPresent(String.self, forKey: .displayName)
        }
        do {
            try self.init(pem: pem, keyId: keyId, displayName: displayName ?? "")
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "no RSA certificate in PEM: \(error)"))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: CodingKeys.self)
        try fields.encode(pem, forKey: .pem)
        try fields.encode(keyId, forKey: .keyId)
        try fields.encode(displayName, forKey: .displayName)
    }

    /// What the header of an assertion calls it in `x5t`.
    var sha1: Data { Data(Insecure.SHA1.hash(data: der)) }
    /// What the header of an assertion calls it in `x5t#S256`.
    var sha256: Data { Data(SHA256.hash(data: der)) }

    /// What Graph calls it: ``sha1`` in hexadecimal digits.
    public var customKeyIdentifier: String {
        sha1.map { byte in
            String(byte >> 4, radix: 16, uppercase: true) + String(byte & 15, radix: 16, uppercase: true)
        }.joined()
    }

    /// Whether `time` lies between the certificate's beginning and its end.
    func isValid(at time: Date) -> Bool { notBefore <= time && time < notAfter }

    private struct NotRSA: Error, CustomStringConvertible {
        let description = "the key is not RSA of 2048 bits or more"
    }
}
