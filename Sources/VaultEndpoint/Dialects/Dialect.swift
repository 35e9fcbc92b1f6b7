internal import HTTPTypes
internal import HummingbirdCore

/// How clients ask for a managed identity's token (wire reference, 4.4 and 7.6).
enum Dialect: Sendable {
    /// `IDENTITY_ENDPOINT` and `IDENTITY_HEADER`.
    case appService
    /// `MSI_ENDPOINT` and `MSI_SECRET`, of which Terraform makes a request like the one before.
    case machineLearning
    /// `MSI_ENDPOINT` alone.
    case cloudShell
    case imds
    case databricks

    /// The dialect behind the unguessable part of a path.
    init?(path: String) {
        switch path {
        case Route.imdsPath: self = .imds
        case Route.identityPath: self = .cloudShell
        case Route.databricksPath: self = .databricks
        default: return nil
        }
    }

    /// The dialect of a request for ``Route/identityPath``; what it asks for is looked at when the client has shown its
    /// header.
    static func ofIdentityPath(_ target: String) -> Dialect {
        target.contains("api-version=2017-09-01") ? .machineLearning : .appService
    }

    /// Whether the parameters come in a form.
    var takesForm: Bool { self == .cloudShell }
}

/// What there is at an endpoint.
enum Route {
    case health
    case dialect(Dialect)

    static let healthPath = "/health"
    static let identityPath = "/msi/token"
    static let imdsPath = "/metadata/identity/oauth2/token"
    static let databricksPath = "/databricks/token"

    var method: HTTPRequest.Method {
        if case .dialect(let dialect) = self, dialect.takesForm { return .post }
        return .get
    }
}
