import Vault

/// What of a profile a command's environment tells.
struct ServedProfile: Codable, Equatable {
    var name: String
    var tenant: String
    var clientID: String
    var subscription: String?
    /// The workspace or, for a service principal of a whole account, the accounts console: `https://…`
    var databricksHost: String?
    var databricksAccount: String?
    /// Whether its tokens are for Databricks alone, because Databricks issues them.
    var isOfDatabricks: Bool
    /// The cloud's name.
    var cloud: String

    init(_ profile: Profile) {
        name = profile.name.description
        tenant = profile.tenant
        clientID = profile.clientID
        subscription = profile.subscription
        let destination = profile.destination
        databricksHost = destination.workspace ?? destination.account?.host
        databricksAccount = destination.account?.id
        isOfDatabricks = destination.provider == .databricks
        cloud = destination.cloud.name
    }
}

/// Where a command gets tokens of it. What of these is secret is as secret as what it gives.
struct ServedEndpoint: Codable, Equatable {
    /// `IDENTITY_ENDPOINT`
    var identity: String
    /// `MSI_ENDPOINT`
    var msi: String
    /// `AZURE_POD_IDENTITY_AUTHORITY_HOST`
    var imds: String
    /// `DATABRICKS_METADATA_SERVICE_URL`
    var databricks: String
}
