/// A Databricks account, which stands above workspaces and tenants.
public struct DatabricksAccount: Codable, Sendable {
    /// The account's GUID.
    public var id: String
    /// The service principals that sign in at the account console. One that also signs in at a workspace is listed there
    /// as well.
    public var servicePrincipals: [DatabricksServicePrincipal]
    /// The client ids of the applications of Entra that administer the account.
    public var administrators: [String]

    public init(
        id: String, servicePrincipals: [DatabricksServicePrincipal] = [],
        administrators: [String] = []
    ) {
        self.id = id
        self.servicePrincipals = servicePrincipals
        self.administrators = administrators
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        servicePrincipals =
            try fields.decodeIfPresent([DatabricksServicePrincipal].self, forKey: .servicePrincipals) ?? []
        administrators = try fields.decodeIfPresent([String].self, forKey: .administrators) ?? []
    }
}
