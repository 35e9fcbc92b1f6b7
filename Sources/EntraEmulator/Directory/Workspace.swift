/// An Azure Databricks workspace.
public struct Workspace: Codable, Sendable {
    public var name: String
    public var resourceGroup: String
    /// An Azure region, such as `westeurope`.
    public var location: String
    /// The host of its address, without a scheme: `adb-….azuredatabricks.net`.
    public var host: String
    /// The workspace's number, as digits.
    public var workspaceId: String
    /// The GUID of the Databricks account that it belongs to.
    public var accountId: String
    /// The service principals that Databricks manages for it. Those of Entra need not be listed.
    public var servicePrincipals: [DatabricksServicePrincipal]
    /// The client ids of the applications of Entra that administer the workspace.
    public var administrators: [String]

    /// The account of a workspace that names none.
    public static let usualAccountId = "55555555-5555-4555-8555-555555555555"

    public init(
        name: String, resourceGroup: String, location: String, host: String, workspaceId: String,
        accountId: String = Self.usualAccountId, servicePrincipals: [DatabricksServicePrincipal] = [],
        administrators: [String] = []
    ) {
        self.name = name
        self.resourceGroup = resourceGroup
        self.location = location
        self.host = host
        self.workspaceId = workspaceId
        self.accountId = accountId
        self.servicePrincipals = servicePrincipals
        self.administrators = administrators
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        host = try fields.decode(String.self, forKey: .host)
        resourceGroup = try fields.decodeIfPresent(String.self, forKey: .resourceGroup) ?? "workspaces"
        location = try fields.decodeIfPresent(String.self, forKey: .location) ?? "westeurope"
        workspaceId = try fields.decodeIfPresent(String.self, forKey: .workspaceId) ?? "1000000000000001"
        accountId = try fields.decodeIfPresent(String.self, forKey: .accountId) ?? Self.usualAccountId
        servicePrincipals =
            try fields.decodeIfPresent([DatabricksServicePrincipal].self, forKey: .servicePrincipals) ?? []
        administrators = try fields.decodeIfPresent([String].self, forKey: .administrators) ?? []
    }

    func resourceId(in subscription: Subscription) -> String {
        subscription.resourceId
            + "/resourceGroups/\(resourceGroup)/providers/Microsoft.Databricks/workspaces/\(name)"
    }
}
