import ArgumentParser
import Vault

/// How a certificate is used.
struct AssertionOptions: ParsableArguments {
    @Flag(help: "Send the certificate with each request (x5c), for applications that trust its subject and issuer.")
    var sendChain = false

    @Option(
        help: ArgumentHelp("PS256, or RS256 for AD FS.", valueName: "algorithm"),
        transform: AssertionForm.Algorithm.typed)
    var assertionAlgorithm: AssertionForm.Algorithm?

    /// - Throws: code `usage` when there is no certificate.
    func form(for kind: CredentialKind) throws(VaultError) -> AssertionForm? {
        guard kind == .certificate else {
            guard !sendChain, assertionAlgorithm == nil else {
                throw VaultError(.usage, "--send-chain and --assertion-algorithm are for --certificate")
            }
            return nil
        }
        return AssertionForm(algorithm: assertionAlgorithm ?? .ps256, sendsChain: sendChain)
    }
}
