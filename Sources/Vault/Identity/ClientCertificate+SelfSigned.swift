internal import Crypto
internal import CryptoExtras
internal import FoundationEssentials
internal import SwiftASN1
internal import X509

extension ClientCertificate {
    /// A new RSA key, with a certificate that it signed itself: an application trusts the certificate that is registered with
    /// it, and nobody who signed one.
    ///
    /// - Parameters:
    ///   - name: becomes the common name, which tells whose it is.
    ///   - validFrom: some minutes ago, for clocks that are behind.
    /// - Throws: code `internalError`.
    static func selfSigned(
        name: String, validFrom: Date, expiresAt: Date
    ) throws(VaultError) -> ClientCertificate {
        do {
            let key = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            let subject = try DistinguishedName { CommonName(name) }
            let certificate = try Certificate(
                version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
                notValidBefore: validFrom, notValidAfter: expiresAt, issuer: subject, subject: subject,
                signatureAlgorithm: .sha256WithRSAEncryption,
                extensions: Certificate.Extensions {
                    Critical(BasicConstraints.notCertificateAuthority)
                    Critical(KeyUsage(digitalSignature: true))
                },
                issuerPrivateKey: .init(key))
            return try ClientCertificate(key: key, certificate: certificate)
        } catch {
            throw VaultError(.internalError, "a certificate could not be made")
        }
    }
}
