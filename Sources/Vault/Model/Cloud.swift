/// The endpoints of one Azure cloud (wire reference, section 10), or of a cloud of one's own.
public struct Cloud: Sendable, Hashable {
    /// The name that `az cloud list` gives it: `AzureCloud`, or the name the user chose.
    public var name: String
    /// Where tokens are asked for, without a trailing slash: `https://login.microsoftonline.com`.
    public var authority: String
    /// Microsoft Graph, without a trailing slash.
    public var graph: String
    /// Azure Resource Manager, without a trailing slash.
    public var arm: String

    public init(name: String, authority: String, graph: String, arm: String) {
        self.name = name
        self.authority = authority
        self.graph = graph
        self.arm = arm
    }

    public static let azureCloud = Cloud(
        name: "AzureCloud", authority: "https://login.microsoftonline.com",
        graph: "https://graph.microsoft.com", arm: "https://management.azure.com")
    public static let azureUSGovernment = Cloud(
        name: "AzureUSGovernment", authority: "https://login.microsoftonline.us",
        graph: "https://graph.microsoft.us", arm: "https://management.usgovcloudapi.net")
    public static let azureChinaCloud = Cloud(
        name: "AzureChinaCloud", authority: "https://login.chinacloudapi.cn",
        graph: "https://microsoftgraph.chinacloudapi.cn", arm: "https://management.chinacloudapi.cn")

    public static let known = [azureCloud, azureUSGovernment, azureChinaCloud]

    /// The known cloud of that name, whatever the case.
    public static func named(_ name: String) -> Cloud? {
        known.first { $0.name.lowercased() == name.lowercased() }
    }

    /// The cloud that a Databricks workspace of this host lies in, told by the host's zone.
    public static func ofWorkspace(host: String) -> Cloud? {
        let zones: [(String, Cloud)] = [
            (".azuredatabricks.net", azureCloud),
            (".databricks.azure.us", azureUSGovernment),
            (".databricks.azure.cn", azureChinaCloud),
        ]
        return zones.first { host.lowercased().hasSuffix($0.0) }?.1
    }
}
