internal import FoundationEssentials

/// Where the credentials of one service principal are registered: its application at Microsoft Graph, or itself at
/// Databricks. Each call is one request that is never sent again here; who repeats what is the rotation's to decide.
protocol CredentialRegistry: Sendable {
    /// Lists what is registered. Lists lag behind what was written (wire reference, 8.3).
    ///
    /// - Throws: code `refused` with what to do about it, `tryAgain` when throttled, `unavailable`.
    func list() async throws(VaultError) -> RegisteredCredentials

    /// Has a credential made, or registers the public half of one.
    ///
    /// - Throws: with what is known of whether it was made all the same.
    func add(_ new: NewCredential) async throws(RegistryError) -> MadeCredential

    /// Removes one.
    ///
    /// - Returns: false when there is none of that id, or none that the answering replica knows of yet.
    func remove(_ keyID: String) async throws(VaultError) -> Bool
}

/// All credentials of one kind that a service principal has.
struct RegisteredCredentials: Sendable {
    var credentials: [RegisteredCredential]
    /// How many there may be; nil where the provider names no number.
    var limit: Int?
    /// How far the provider's clock is ahead of ours, in seconds; nil where it did not tell.
    var clockLead: TimeInterval?

    func contains(_ keyID: String) -> Bool {
        credentials.contains { $0.keyID.lowercased() == keyID.lowercased() }
    }
}

/// A credential that is to be made.
struct NewCredential: Sendable {
    /// ``Rotation/marker``.
    var marker: String
    var expiresAt: Date
    /// What is to be registered of a certificate; nil for a secret, which the provider chooses.
    var certificate: ClientCertificate?
}

/// A credential that the provider has made or registered.
struct MadeCredential: ~Copyable, Sendable {
    let keyID: String
    /// As the provider has it.
    let expiresAt: Date?
    /// Nil for a certificate, whose key never left.
    let secret: SecretBytes?

    consuming func takeSecret() -> SecretBytes? { secret }
}

/// Why no credential was made, as far as is known.
struct RegistryError: Error {
    let error: VaultError
    /// Whether it is certain that nothing was made: then, and only then, it may be asked for again.
    let isWithoutEffect: Bool

    init(_ error: VaultError, isWithoutEffect: Bool) {
        self.error = error
        self.isWithoutEffect = isWithoutEffect
    }
}
