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

    public init(name: String, resourceGroup: String, location: String, host: String, workspaceId: String) {
        self.name = name
        self.resourceGroup = resourceGroup
        self.location = location
        self.host = host
        self.workspaceId = workspaceId
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        name = try fields.decode(String.self, forKey: .name)
        host = try fields.decode(String.self, forKey: .host)
        resourceGroup = try fields.decodeIfPresent(String.self, forKey: .resourceGroup) ?? "workspaces"
        location = try fields.decodeIfPresent(String.self, forKey: .location) ?? "westeurope"
        workspaceId = try fields.decodeIfPresent(String.self, forKey: .workspaceId) ?? "1000000000000001"
    }

    func resourceId(in subscription: Subscription) -> String {
        subscription.resourceId
            + "/resourceGroups/\(resourceGroup)/providers/Microsoft.Databricks/workspaces/\(name)"
    }
}
