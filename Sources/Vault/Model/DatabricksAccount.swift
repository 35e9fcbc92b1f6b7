/// A Databricks account, whose tokens are for all of its workspaces.
public struct DatabricksAccount: Sendable, Hashable {
    /// The account's id, a GUID.
    public var id: String
    /// The accounts console, without a trailing slash: `https://accounts.azuredatabricks.net`.
    public var host: String

    public init(id: String, host: String) {
        self.id = id
        self.host = host
    }

    /// The accounts console of a cloud; nil for a cloud of one's own.
    public static func host(in cloud: Cloud) -> String? {
        switch cloud.name {
        case Cloud.azureCloud.name: "https://accounts.azuredatabricks.net"
        case Cloud.azureUSGovernment.name: "https://accounts.databricks.azure.us"
        case Cloud.azureChinaCloud.name: "https://accounts.databricks.azure.cn"
        default: nil
        }
    }
}
