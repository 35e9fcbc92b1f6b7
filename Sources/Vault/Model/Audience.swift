/// Whom a token is for: one scope of the v2 endpoint, `<resource>/.default`.
///
/// A resource's trailing slash is kept, as az and MSAL keep it (wire reference, 1.1): `https://x/` gives the scope
/// `https://x//.default`, and that is another audience than `https://x`.
public struct Audience: Sendable, Hashable, CustomStringConvertible {
    /// What is sent as `scope`.
    public let scope: String

    /// An audience by its scope, as `--scope` gives it.
    public init(scope: String) throws(VaultError) {
        self.scope = try Self.checked(scope)
    }

    /// An audience by its resource: a URI, an application id, or a short name such as `databricks`.
    public init(resource: String, in cloud: Cloud) throws(VaultError) {
        let resolved = Self.resource(shortName: resource, in: cloud) ?? resource
        scope = try Self.checked(resolved) + Self.suffix
    }

    /// The resource: the scope without `/.default`.
    public var resource: String { Self.resource(ofScope: scope) }

    static func resource(ofScope scope: String) -> String {
        scope.hasSuffix(suffix) ? String(scope.dropLast(suffix.count)) : scope
    }

    public var description: String { resource }

    /// Azure Databricks, in every cloud.
    public static let databricksResource = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d"

    /// What tokens of Databricks' own service principals are for: everything that the principal may do.
    public static let allAPIs = Audience(unchecked: "all-apis")

    private init(unchecked scope: String) { self.scope = scope }

    /// The short names, in the order the help shows them.
    public static let shortNames = [
        "databricks", "arm", "graph", "keyvault", "storage", "sql", "ossrdbms", "devops",
    ]

    /// Whether both name the same thing, a slash at the end left aside.
    package func isNearly(_ other: Audience) -> Bool {
        func bare(_ resource: String) -> Substring { resource.hasSuffix("/") ? resource.dropLast() : resource[...] }
        return bare(resource) == bare(other.resource)
    }

    /// What the record may have for an audience that somebody names by resource, scope or short name.
    static func spellings(of text: String) -> Set<String> {
        let resource = text.hasSuffix(suffix) ? String(text.dropLast(suffix.count)) : text
        return Set([text, resource] + Cloud.known.compactMap { Self.resource(shortName: text, in: $0) })
    }

    /// The resource behind a short name; nil for any other text.
    static func resource(shortName: String, in cloud: Cloud) -> String? {
        switch shortName.lowercased() {
        case "databricks": databricksResource
        case "arm":
            ofCloud(
                cloud, "https://management.core.windows.net/", "https://management.core.usgovcloudapi.net/",
                "https://management.core.chinacloudapi.cn/")
        case "graph": cloud.graph
        case "keyvault":
            ofCloud(cloud, "https://vault.azure.net", "https://vault.usgovcloudapi.net", "https://vault.azure.cn")
        case "storage": "https://storage.azure.com"
        case "sql":
            ofCloud(
                cloud, "https://database.windows.net/", "https://database.usgovcloudapi.net/",
                "https://database.chinacloudapi.cn/")
        case "ossrdbms":
            ofCloud(
                cloud, "https://ossrdbms-aad.database.windows.net",
                "https://ossrdbms-aad.database.usgovcloudapi.net", "https://ossrdbms-aad.database.chinacloudapi.cn")
        case "devops": "499b84ac-1321-427f-aa17-267ca6975798"
        default: nil
        }
    }

    private static let suffix = "/.default"

    private static func ofCloud(
        _ cloud: Cloud, _ worldwide: String, _ usGovernment: String, _ china: String
    ) -> String {
        switch cloud.name {
        case Cloud.azureUSGovernment.name: usGovernment
        case Cloud.azureChinaCloud.name: china
        default: worldwide
        }
    }

    private static func checked(_ text: String) throws(VaultError) -> String {
        guard !text.isEmpty, text.utf8.count <= 512, text.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw VaultError(
                .usage, "a resource or scope is one word of printable ASCII characters, at most 512",
                hint: "for example --resource databricks")
        }
        return text
    }
}
