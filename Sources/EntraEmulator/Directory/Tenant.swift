/// One Entra tenant.
public struct Tenant: Codable, Sendable {
    /// The tenant's GUID.
    public var id: String
    /// What error texts call it.
    public var name: String
    /// Its verified domains; each may stand for ``id`` in an address.
    public var domains: [String]
    /// Resources beside the first-party ones that tokens are given for, such as `api://payroll`.
    public var resources: [String]
    public var applications: [Application]
    public var subscriptions: [Subscription]

    public init(
        id: String, name: String, domains: [String] = [], resources: [String] = [],
        applications: [Application] = [], subscriptions: [Subscription] = []
    ) {
        self.id = id
        self.name = name
        self.domains = domains
        self.resources = resources
        self.applications = applications
        self.subscriptions = subscriptions
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        name = try fields.decodeIfPresent(String.self, forKey: .name) ?? id
        domains = try fields.decodeIfPresent([String].self, forKey: .domains) ?? []
        resources = try fields.decodeIfPresent([String].self, forKey: .resources) ?? []
        applications = try fields.decodeIfPresent([Application].self, forKey: .applications) ?? []
        subscriptions = try fields.decodeIfPresent([Subscription].self, forKey: .subscriptions) ?? []
    }

    func application(_ clientId: String) -> Application? {
        applications.first { $0.clientId.lowercased() == clientId.lowercased() }
    }
}
