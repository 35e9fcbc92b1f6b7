/// The first-party resources that every tenant gives tokens for.
enum KnownResources {
    /// The Azure Databricks resource, the same in all clouds.
    static let databricks = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"

    /// The audiences that Resource Manager accepts, each also with a slash at its end.
    static let resourceManager: Set<String> = [
        "https://management.azure.com", "https://management.core.windows.net",
        "https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net",
        "https://management.chinacloudapi.cn", "https://management.core.chinacloudapi.cn",
    ]

    /// The audiences that Graph accepts, the addresses also with a slash at their end.
    static let graph: Set<String> = [
        "https://graph.microsoft.com", "https://graph.microsoft.us", "https://dod-graph.microsoft.us",
        "https://microsoftgraph.chinacloudapi.cn", "00000003-0000-0000-c000-000000000000",
    ]

    private static let others: Set<String> = [
        databricks,
        "4a67d088-db5c-48f1-9ff2-0aace800ae68", "62a912ac-b58e-4c1d-89ea-b2dbfc7358fc",
        "https://graph.windows.net", "00000002-0000-0000-c000-000000000000",
        "https://vault.azure.net", "https://vault.usgovcloudapi.net", "https://vault.azure.cn",
        "https://storage.azure.com",
        "https://database.windows.net", "https://database.usgovcloudapi.net", "https://database.chinacloudapi.cn",
        "https://ossrdbms-aad.database.windows.net", "https://ossrdbms-aad.database.usgovcloudapi.net",
        "https://ossrdbms-aad.database.chinacloudapi.cn",
        "499b84ac-1321-427f-aa17-267ca6975798", "https://app.vssps.visualstudio.com",
        "https://containerregistry.azure.net", "https://eventhubs.azure.net", "https://servicebus.azure.net",
        "https://analysis.windows.net/powerbi/api", "https://batch.core.windows.net",
        "https://datalake.azure.net", "https://cognitiveservices.azure.com",
        "6dae42f8-4368-4678-94ff-3960e28e3630",
    ]

    /// Whether `resource` is one of these, with or without a slash at its end.
    static func contains(_ resource: String) -> Bool {
        let name = withoutSlash(resource)
        return resourceManager.contains(name) || graph.contains(name) || others.contains(name)
    }

    /// Whether a token for `audience` is meant for Resource Manager.
    static func isResourceManager(_ audience: String) -> Bool {
        resourceManager.contains(withoutSlash(audience))
    }

    /// Whether a token for `audience` is meant for Graph.
    static func isGraph(_ audience: String) -> Bool {
        graph.contains(withoutSlash(audience))
    }

    /// `resource` in lower case, without the one slash that may end it.
    static func withoutSlash(_ resource: String) -> String {
        let name = resource.lowercased()
        return name.hasSuffix("/") ? String(name.dropLast()) : name
    }
}
