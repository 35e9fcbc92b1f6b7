/// What the forms of our own say of a profile: every field, so that what is exported and imported again is the same vault.
///
/// In `csv` a field is a column, the first row names the columns; what is absent is empty. In `json` it is a key of an
/// object of a list, the one that `list -o json` has; what is absent is null or left out.
package enum ExchangeField: CaseIterable, Sendable {
    case name, clientID, tenant
    /// The client secret as it is. A profile has this, or ``certificate``, or ``assertionFrom``.
    case secret
    /// PEM, private key and certificates: the text, and where somebody writes the file by hand the path of one.
    case certificate
    /// `entra`, which is meant where nothing is said, or `databricks`.
    case provider
    /// `AzureCloud`, which is meant where nothing is said, or another; one of one's own has the three addresses, too.
    case cloud, authority, graph, arm
    case workspace, account, accountsHost
    /// Whom tokens are for. The export writes ``scope``; ``resource`` is for people, and takes short names.
    case scope, resource
    case subscription
    /// `KEY=VALUE` or `KEY`: in `csv` separated by commas, which no tag has, in `json` a list.
    case tags
    case description
    /// RFC 3339, or `YYYY-MM-DD`; not of a certificate, which says itself when it expires.
    case expiresAt
    /// Of a federated credential, where the assertion is taken from: `file PATH`, `command COMMAND` or `environment NAME`,
    /// as ``Vault/AssertionSource/description`` writes it.
    case assertionFrom
    /// Of a certificate: `PS256`, which is meant where nothing is said, or `RS256`.
    case assertionAlgorithm
    /// Of a certificate, whether the chain goes with the assertion: `true` or `false`.
    case sendsChain

    /// The column's name in `csv`.
    package var column: String {
        switch self {
        case .name: "name"
        case .clientID: "client_id"
        case .tenant: "tenant"
        case .secret: "secret"
        case .certificate: "certificate"
        case .provider: "provider"
        case .cloud: "cloud"
        case .authority: "authority"
        case .graph: "graph"
        case .arm: "arm"
        case .workspace: "workspace"
        case .account: "account"
        case .accountsHost: "accounts_host"
        case .scope: "scope"
        case .resource: "resource"
        case .subscription: "subscription"
        case .tags: "tags"
        case .description: "description"
        case .expiresAt: "secret_expires"
        case .assertionFrom: "assertion_from"
        case .assertionAlgorithm: "assertion_algorithm"
        case .sendsChain: "sends_chain"
        }
    }

    /// The key in `json`.
    package var key: String {
        switch self {
        case .clientID: "clientId"
        case .accountsHost: "accountsHost"
        case .expiresAt: "expiresAt"
        case .assertionFrom: "assertionFrom"
        case .assertionAlgorithm: "assertionAlgorithm"
        case .sendsChain: "sendsChain"
        default: column
        }
    }

    /// Whether `json` has it in the object `credential`, as `list -o json` does.
    package var isOfCredential: Bool {
        switch self {
        case .expiresAt, .assertionFrom, .assertionAlgorithm, .sendsChain: true
        default: false
        }
    }

    /// Keys of `list -o json` that a vault makes itself, or that say again what another key says: read over.
    package static let derivedKeys: Set<String> = [
        "id", "audience", "createdAt", "updatedAt", "previousSecretUntil", "unfinishedRotation",
    ]
    /// The same of the object `credential`.
    package static let derivedCredentialKeys: Set<String> = ["kind", "keyId", "storedAt"]
}
