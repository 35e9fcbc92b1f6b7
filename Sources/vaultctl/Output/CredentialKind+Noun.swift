import Vault

extension CredentialKind {
    /// How a sentence names it.
    var noun: String {
        switch self {
        case .clientSecret: "secret"
        case .certificate: "certificate"
        case .federated: "assertion"
        }
    }
}
