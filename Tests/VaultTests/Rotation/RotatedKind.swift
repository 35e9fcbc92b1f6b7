@testable import Vault

/// A kind of credential that can be rotated.
enum RotatedKind: String, CaseIterable, Sendable {
    case secret, certificate
    case workspaceSecret = "secret of a workspace"
    case accountSecret = "secret of an account"

    /// How many requests one rotation makes: lists, what makes the new one, three verifications, what removes the old one.
    var requests: Int {
        switch self {
        case .secret: 7
        case .certificate: 9
        case .workspaceSecret, .accountSecret: 11
        }
    }

    var isDatabricks: Bool { self == .workspaceSecret || self == .accountSecret }

    /// The id of somebody else's credential, as profiles go by it.
    var foreignKeyID: String { "22222222-2222-4222-8222-22222222ffff" }

    static let account = "55555555-5555-4555-8555-555555555555"

    /// Where the profile authenticates.
    var destination: Destination {
        switch self {
        case .secret, .certificate: Destination()
        case .workspaceSecret:
            Destination(provider: .databricks, workspace: "https://adb-4444444444444444.4.azuredatabricks.net")
        case .accountSecret:
            Destination(
                provider: .databricks,
                account: DatabricksAccount(id: Self.account, host: "https://accounts.azuredatabricks.net"))
        }
    }
}
