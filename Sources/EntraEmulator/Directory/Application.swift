import FoundationEssentials

/// An application registration together with its service principal in one tenant.
public struct Application: Codable, Sendable {
    /// The application (client) id.
    public var clientId: String
    /// The object id of the registration, which Graph addresses.
    public var objectId: String
    /// The object id of the service principal: the claims `oid` and `sub`.
    public var servicePrincipalId: String
    public var displayName: String
    /// A disabled application is refused with AADSTS7000112.
    public var enabled: Bool
    /// App roles that go into its tokens.
    public var roles: [String]
    /// The subscriptions that it sees in Resource Manager; `nil` for all of the tenant.
    public var subscriptionIds: [String]?
    public var secrets: [ClientSecret]
    /// The certificates that its assertions may be signed with, each in PEM.
    public var certificates: [ApplicationCertificate]
    public var federatedCredentials: [FederatedCredential]

    public init(
        clientId: String, displayName: String, objectId: String? = nil, servicePrincipalId: String? = nil,
        enabled: Bool = true, roles: [String] = [], subscriptionIds: [String]? = nil, secrets: [ClientSecret] = [],
        certificates: [ApplicationCertificate] = [], federatedCredentials: [FederatedCredential] = []
    ) {
        self.clientId = clientId
        self.displayName = displayName
        self.objectId = objectId ?? UUID().uuidString.lowercased()
        self.servicePrincipalId = servicePrincipalId ?? UUID().uuidString.lowercased()
        self.enabled = enabled
        self.roles = roles
        self.subscriptionIds = subscriptionIds
        self.secrets = secrets
        self.certificates = certificates
        self.federatedCredentials = federatedCredentials
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        let clientId = try fields.decode(String.self, forKey: .clientId)
        self.init(
            clientId: clientId,
            displayName: try fields.decodeIfPresent(String.self, forKey: .displayName) ?? clientId,
            objectId: try fields.decodeIfPresent(String.self, forKey: .objectId),
            servicePrincipalId: try fields.decodeIfPresent(String.self, forKey: .servicePrincipalId),
            enabled: try fields.decodeIfPresent(Bool.self, forKey: .enabled) ?? true,
            roles: try fields.decodeIfPresent([String].self, forKey: .roles) ?? [],
            subscriptionIds: try fields.decodeIfPresent([String].self, forKey: .subscriptionIds),
            secrets: try fields.decodeIfPresent([ClientSecret].self, forKey: .secrets) ?? [],
            certificates: try fields.decodeIfPresent([ApplicationCertificate].self, forKey: .certificates) ?? [],
            federatedCredentials: try fields.decodeIfPresent(
                [FederatedCredential].self, forKey: .federatedCredentials) ?? []
        )
    }

    /// Whether the application has a role on the subscription, so that Resource Manager shows it.
    func sees(_ subscription: Subscription) -> Bool {
        guard let subscriptionIds else { return true }
        return subscriptionIds.contains { $0.lowercased() == subscription.id.lowercased() }
    }
}
