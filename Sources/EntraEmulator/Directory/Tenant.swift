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
    /// How long changes of credentials take to get around.
    public var replication: Replication
    /// What is demanded of new secrets; `nil` for nothing.
    public var passwordPolicy: CredentialPolicy?
    /// What is demanded of new certificates; `nil` for nothing.
    public var keyPolicy: CredentialPolicy?

    public init(
        id: String, name: String, domains: [String] = [], resources: [String] = [],
        applications: [Application] = [], subscriptions: [Subscription] = [],
        replication: Replication = Replication(), passwordPolicy: CredentialPolicy? = nil,
        keyPolicy: CredentialPolicy? = nil
    ) {
        self.id = id
        self.name = name
        self.domains = domains
        self.resources = resources
        self.applications = applications
        self.subscriptions = subscriptions
        self.replication = replication
        self.passwordPolicy = passwordPolicy
        self.keyPolicy = keyPolicy
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        name = try fields.decodeIfPresent(String.self, forKey: .name) ?? id
        domains = try fields.decodeIfPresent([String].self, forKey: .domains) ?? []
        resources = try fields.decodeIfPresent([String].self, forKey: .resources) ?? []
        applications = try fields.decodeIfPresent([Application].self, forKey: .applications) ?? []
        subscriptions = try fields.decodeIfPresent([Subscription].self, forKey: .subscriptions) ?? []
        replication = try fields.decodeIfPresent(Replication.self, forKey: .replication) ?? Replication()
        passwordPolicy = try fields.decodeIfPresent(CredentialPolicy.self, forKey: .passwordPolicy)
        keyPolicy = try fields.decodeIfPresent(CredentialPolicy.self, forKey: .keyPolicy)
    }

    func application(_ clientId: String) -> Application? {
        applications.first { $0.clientId.lowercased() == clientId.lowercased() }
    }
}
