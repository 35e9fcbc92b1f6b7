internal import FoundationEssentials
internal import NIOSSL

/// Whom TLS trusts: the system's certificate authorities and those of a file.
enum TrustRoots {
    /// Settings of TLS for a client.
    ///
    /// - Parameter caFile: PEM file, nil for the system's authorities alone.
    /// - Throws: ``VaultError`` of code `inputOutput` for a file that cannot be read, `usage` for one without a
    ///   certificate and for a machine without any authorities.
    static func configuration(caFile: String?) throws(VaultError) -> TLSConfiguration {
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.certificateVerification = .fullVerification
        let own = try caFile.map { (path) throws(VaultError) in try certificates(in: path) } ?? []
        if hasSystemRoots {
            tls.additionalTrustRoots = own.isEmpty ? [] : [.certificates(own)]
        } else if own.isEmpty {
            throw VaultError(
                .usage, "this machine has no certificate authorities, so no peer can be trusted",
                hint: "install the package ca-certificates, or name a PEM file: --ca-file PATH")
        } else {
            // TLS fails as a whole when told to read a bundle of the system that is not there.
            tls.trustRoots = .certificates(own)
        }
        return tls
    }

    private static func certificates(in path: String) throws(VaultError) -> [NIOSSLCertificate] {
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw VaultError(
                .inputOutput, "the CA file cannot be read: \(path)", hint: "check --ca-file and VAULTCTL_CA_FILE")
        }
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(Array(bytes))
            guard !certificates.isEmpty else { throw noCertificate(path) }
            return certificates
        } catch {
            throw noCertificate(path)
        }
    }

    private static func noCertificate(_ path: String) -> VaultError {
        VaultError(
            .usage, "the CA file holds no certificate: \(path)",
            hint: "it takes PEM, text that begins with -----BEGIN CERTIFICATE-----")
    }

    /// Where the TLS library looks for the system's bundle.
    private static var hasSystemRoots: Bool {
        ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/certs"]
            .contains { FileManager.default.fileExists(atPath: $0) }
    }
}
