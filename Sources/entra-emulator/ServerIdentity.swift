import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority and the server certificate that it signed, made anew at every start.
struct ServerIdentity {
    /// The certificate of the authority, for clients.
    let authorityPEM: String
    private let certificatePEM: String
    private let keyPEM: String

    /// - Parameters:
    ///   - workspaceHosts: hosts that the certificate names beside `localhost` and the loopback addresses.
    ///   - fault: what is to be wrong with it.
    /// - Throws: when the keys or certificates cannot be made, for instance because a host is no ASCII name.
    init(workspaceHosts: [String], fault: CertificateFault?) throws {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("entra-emulator authority") }
        let name = try DistinguishedName { CommonName("entra-emulator") }
        let day = 86_400.0
        let now = Date()

        let authority = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: authorityKey.publicKey,
            notValidBefore: now - 30 * day, notValidAfter: now + 30 * day,
            issuer: authorityName, subject: authorityName, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: authorityKey.publicKey)
            },
            issuerPrivateKey: authorityKey
        )
        let signer = fault == .selfSigned ? key : authorityKey
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: now - 29 * day, notValidAfter: fault == .expired ? now - day : now + 29 * day,
            issuer: fault == .selfSigned ? name : authorityName, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectKeyIdentifier(hash: key.publicKey)
                AuthorityKeyIdentifier(keyIdentifier: SubjectKeyIdentifier(hash: signer.publicKey).keyIdentifier)
                Self.alternativeNames(fault == .wrongHost ? [] : workspaceHosts, fault)
            },
            issuerPrivateKey: signer
        )
        authorityPEM = try authority.serializeAsPEM().pemString + "\n"
        certificatePEM = try certificate.serializeAsPEM().pemString
        keyPEM = try key.serializeAsPEM().pemString
    }

    /// TLS with this certificate, HTTP/1.1 only.
    func tlsConfiguration(newest: NewestTLS?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: Array(certificatePEM.utf8), format: .pem))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem))
        )
        configuration.applicationProtocols = ["http/1.1"]
        configuration.minimumTLSVersion = newest == .tls11 ? .tlsv1 : .tlsv12
        configuration.maximumTLSVersion = newest?.version
        return configuration
    }

    private static func alternativeNames(_ hosts: [String], _ fault: CertificateFault?) -> SubjectAlternativeNames {
        if fault == .wrongHost { return SubjectAlternativeNames([.dnsName("elsewhere.invalid")]) }
        let loopback4: [UInt8] = [127, 0, 0, 1]
        let loopback6 = [UInt8](repeating: 0, count: 15) + [1]
        let names = ["localhost"] + hosts
        return SubjectAlternativeNames(
            names.map { .dnsName($0) }
                + [loopback4, loopback6].map { .ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        )
    }
}
