internal import FoundationEssentials

/// A credential on its way into the vault: checked, in the form in which it is stored, and described as far as it tells
/// itself.
struct OfferedCredential: ~Copyable {
    let description: Credential
    let secret: SecretBytes

    /// - Parameters:
    ///   - expiresAt: what the user says of a secret.
    ///   - now: when it comes.
    /// - Throws: code `usage` for a secret that is none of its kind, a kind that the provider does not take, or a
    ///   certificate that is over.
    init(
        _ secret: borrowing SecretBytes, kind: CredentialKind, form: AssertionForm?, expiresAt: Date?,
        for destination: Destination, now: Date
    ) throws(VaultError) {
        guard (kind == .federated) == (destination.assertion != nil) else {
            throw VaultError(
                .usage, "a federated credential, and no other, has a place that its assertion is taken from")
        }
        switch kind {
        case .clientSecret:
            guard !secret.isEmpty else { throw VaultError(.usage, "the client secret is empty") }
            description = Credential(kind: kind, storedAt: now, expiresAt: expiresAt)
            self.secret = secret.copy()
        case .federated:
            guard secret.isEmpty else { throw VaultError(.usage, "a federated credential has no secret") }
            description = Credential(kind: kind, storedAt: now, expiresAt: expiresAt)
            self.secret = SecretBytes()
        case .certificate:
            guard destination.provider == .entra else { throw VaultError(.usage, "Databricks takes no certificates") }
            guard expiresAt == nil else {
                throw VaultError(
                    .usage, "a certificate says itself when it expires", hint: "leave --secret-expires out")
            }
            let certificate = try ClientCertificate(sealed: secret)
            guard certificate.expiresAt > now else {
                throw VaultError(.usage, "the certificate expired at \(certificate.expiresAt.formatted(.iso8601))")
            }
            // A clock that is some minutes slow is none of the certificate's faults.
            guard certificate.validFrom <= now.addingTimeInterval(300) else {
                throw VaultError(
                    .usage, "the certificate begins to be valid at \(certificate.validFrom.formatted(.iso8601))")
            }
            description = Credential(
                kind: kind, keyID: certificate.thumbprint, storedAt: now, expiresAt: certificate.expiresAt,
                assertionForm: form ?? AssertionForm())
            self.secret = certificate.sealed
        }
    }

    consuming func takeSecret() -> SecretBytes { secret }
}
