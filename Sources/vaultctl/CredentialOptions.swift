import ArgumentParser
import FoundationEssentials
import Glibc
import Vault

/// What a service principal proves itself with: a client secret, or a certificate.
struct CredentialOptions: ParsableArguments {
    @OptionGroup var secret: SecretOptions

    @Option(help: ArgumentHelp("A PEM file with certificate and RSA key, instead of a secret.", valueName: "path"))
    var certificate: String?

    @Option(help: ArgumentHelp("Read the password of an encrypted key from this file.", valueName: "path"))
    var certificatePasswordFile: String?

    @Option(help: ArgumentHelp("Read it from this open file descriptor.", valueName: "n"))
    var certificatePasswordFd: Int32?

    func validate() throws {
        guard certificate == nil || !secret.isGiven else {
            throw ValidationError("give a client secret or --certificate, not both")
        }
        guard certificate != nil || passwordSource == .prompt else {
            throw ValidationError("a certificate's password is for --certificate")
        }
        guard certificatePasswordFile == nil || certificatePasswordFd == nil else {
            throw ValidationError("give one of --certificate-password-file and --certificate-password-fd")
        }
    }

    var isGiven: Bool { secret.isGiven || certificate != nil }

    /// Where secrets are read from, for ``SecretSource/refuseSharing(_:)``.
    var sources: [SecretSource] { [certificate.map { .file($0) } ?? secret.source, passwordSource] }

    private var passwordSource: SecretSource {
        if let certificatePasswordFile { return .file(certificatePasswordFile) }
        return certificatePasswordFd.map { .descriptor($0, option: "--certificate-password-fd") } ?? .prompt
    }

    /// The credential in the form in which it is stored.
    ///
    /// - Parameters:
    ///   - kind: nil: what the options say.
    ///   - prompt: for a client secret.
    /// - Throws: code `usage` when another kind was given.
    func read(
        _ kind: CredentialKind? = nil, prompt: String, unlock: UnlockOptions
    ) throws(VaultError) -> (kind: CredentialKind, secret: SharedSecret) {
        let given: CredentialKind? = certificate != nil ? .certificate : secret.isGiven ? .clientSecret : nil
        let kind = kind ?? given ?? .clientSecret
        guard given == nil || given == kind else {
            throw VaultError(
                .usage, "this profile's credential is of another kind: \(kind.rawValue)",
                hint: kind == .certificate ? "give --certificate PEM" : nil)
        }
        switch kind {
        case .federated: return (kind, SharedSecret(SecretBytes()))
        case .clientSecret: return (kind, SharedSecret(try secret.read(prompt: prompt, unlock: unlock)))
        case .certificate:
            guard let certificate else {
                throw VaultError(.usage, "the certificate is missing", hint: "give --certificate PEM")
            }
            return (kind, SharedSecret(try sealedCertificate(at: certificate, unlock.global)))
        }
    }

    private func sealedCertificate(at path: String, _ global: GlobalOptions) throws(VaultError) -> SecretBytes {
        let file = try SecretSource.contents(of: path, what: "the certificate", console: global.console)
        return try ClientCertificate(pem: file) { () throws(VaultError) in
            try passwordSource.read(
                "the password of the key", prompt: "password of the key in \(path): ",
                hint: "use --certificate-password-file or --certificate-password-fd", global: global)
        }.sealed
    }
}
