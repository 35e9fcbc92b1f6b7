internal import Crypto
internal import CryptoExtras
public import FoundationEssentials
internal import NIOSSL
internal import SwiftASN1
internal import X509

/// A certificate with its RSA key, as a credential: what a PEM file holds.
///
/// While one is made or signed with, the key is also in the memory of the TLS and the cryptography library, which is not
/// locked (SECURITY.md).
public struct ClientCertificate: Sendable {
    let key: _RSA.Signing.PrivateKey
    /// DER, leaf first.
    let chain: [[UInt8]]
    /// When the certificate begins to be valid.
    public let validFrom: Date
    /// When it ceases to be.
    public let expiresAt: Date

    /// The shortest key that Entra takes, in bits.
    private static let shortestKey = 2048
    private static let longestChain = 10

    /// Reads a PEM file: one RSA key, PKCS #1 or PKCS #8, encrypted or not, and its certificate, which others may follow.
    ///
    /// - Parameter password: asked for an encrypted key.
    /// - Throws: code `usage` for a file that is not that, `locked` for a wrong password; no part of it quotes the file.
    public init(
        pem: borrowing SecretBytes, password: () throws(VaultError) -> SecretBytes
    ) throws(VaultError) {
        let blocks = try pem.withBytes { (bytes) throws(VaultError) in try PEMBlock.all(in: bytes) }
        let keys = blocks.filter { $0.label.hasSuffix("PRIVATE KEY") }
        guard let block = keys.first, keys.count == 1 else {
            throw VaultError(
                .usage, keys.isEmpty ? "the PEM file holds no private key" : "the PEM file holds more than one key",
                hint: "cat key.pem certificate.pem > both.pem")
        }
        let key = try Self.key(block, in: pem, password)
        var certificates = try blocks.filter { $0.label == "CERTIFICATE" }.map { (block) throws(VaultError) in
            try Self.certificate(block, in: pem)
        }
        guard let leaf = certificates.firstIndex(where: { $0.publicKey == Certificate.PublicKey(key.publicKey) }) else {
            throw VaultError(
                .usage,
                certificates.isEmpty
                    ? "the PEM file holds no certificate" : "no certificate of the PEM file is of its key",
                hint: "cat key.pem certificate.pem > both.pem")
        }
        certificates.insert(certificates.remove(at: leaf), at: 0)
        guard certificates.count <= Self.longestChain, Set(certificates).count == certificates.count else {
            throw VaultError(
                .usage, "the PEM file holds more than \(Self.longestChain) certificates, or one of them twice")
        }
        self.key = key
        validFrom = certificates[0].notValidBefore
        expiresAt = certificates[0].notValidAfter
        chain = try certificates.map { (certificate) throws(VaultError) in try Self.der(of: certificate) }
    }

    /// A key with a certificate of it.
    init(key: _RSA.Signing.PrivateKey, certificate: Certificate) throws(VaultError) {
        self.key = key
        validFrom = certificate.notValidBefore
        expiresAt = certificate.notValidAfter
        chain = [try Self.der(of: certificate)]
    }

    /// The same for what ``sealed`` gave.
    init(sealed: borrowing SecretBytes) throws(VaultError) {
        try self.init(pem: sealed) { () throws(VaultError) in
            throw .damaged("a stored key is encrypted once more")
        }
    }

    /// What the vault keeps: the key as PKCS #8 and the certificates, leaf first, as PEM.
    public var sealed: SecretBytes {
        var buffer = LockedBuffer(capacity: 8192)
        Self.append("PRIVATE KEY", key.pkcs8DERRepresentation, to: &buffer)
        for certificate in chain { Self.append("CERTIFICATE", Data(certificate), to: &buffer) }
        return buffer.take()
    }

    /// SHA-1 of the certificate in hexadecimal, as the portal shows it.
    public var thumbprint: String {
        Insecure.SHA1.hash(data: chain[0]).map { byte in
            let text = String(byte, radix: 16, uppercase: true)
            return text.utf8.count == 1 ? "0" + text : text
        }.joined()
    }

    // MARK: Parts

    private static func key(
        _ block: PEMBlock, in pem: borrowing SecretBytes, _ password: () throws(VaultError) -> SecretBytes
    ) throws(VaultError) -> _RSA.Signing.PrivateKey {
        // The library takes arrays; they are wiped as soon as it has them.
        var text = pem.array(block.range)
        defer { text.wipe() }
        let isEncrypted =
            block.label == "ENCRYPTED PRIVATE KEY"
            || String(decoding: text.prefix(120), as: UTF8.self).contains("4,ENCRYPTED")
        var secret: [UInt8] = []
        defer { secret.wipe() }
        if isEncrypted {
            let password = try password()
            secret = password.array(0..<password.count)
        }
        var der: [UInt8]
        do {
            let given = secret
            der = try NIOSSLPrivateKey(bytes: text, format: .pem) { setter in setter(given) }.derBytes
        } catch {
            // What the library says may quote the file.
            throw isEncrypted
                ? VaultError(.locked, "the password does not open the key, or the key is damaged")
                : VaultError(.usage, "the private key of the PEM file is not understood")
        }
        defer { der.wipe() }
        let key: _RSA.Signing.PrivateKey
        do {
            key = try _RSA.Signing.PrivateKey(derRepresentation: der)
        } catch {
            throw VaultError(.usage, "the private key is not one of RSA with 2048 bits or more, which Entra takes")
        }
        guard key.keySizeInBits >= shortestKey else {
            throw VaultError(.usage, "the RSA key has \(key.keySizeInBits) bits; Entra takes 2048 or more")
        }
        return key
    }

    private static func certificate(_ block: PEMBlock, in pem: borrowing SecretBytes) throws(VaultError) -> Certificate
    {
        do {
            return try Certificate(pemEncoded: String(decoding: pem.array(block.range), as: UTF8.self))
        } catch {
            throw VaultError(.usage, "a certificate of the PEM file is not understood")
        }
    }

    private static func der(of certificate: Certificate) throws(VaultError) -> [UInt8] {
        do {
            var serializer = DER.Serializer()
            try serializer.serialize(certificate)
            return serializer.serializedBytes
        } catch {
            throw VaultError(.internalError, "a certificate that was read cannot be written")
        }
    }

    private static func append(_ label: String, _ der: Data, to buffer: inout LockedBuffer) {
        var text = der.base64EncodedData()
        buffer.append("-----BEGIN \(label)-----\n")
        // RFC 7468, section 2: lines of 64 characters.
        for start in stride(from: 0, to: text.count, by: 64) {
            for offset in start..<min(start + 64, text.count) { buffer.append(text[offset]) }
            buffer.append(UInt8(ascii: "\n"))
        }
        text.resetBytes(in: 0..<text.count)
        buffer.append("-----END \(label)-----\n")
    }
}

extension LockedBuffer {
    fileprivate mutating func append(_ text: String) {
        for byte in text.utf8 { append(byte) }
    }
}
