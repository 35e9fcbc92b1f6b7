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
    /// Whose accounts may sign in. Where personal ones may, there are at most two secrets; see ``passwordLimit``.
    public var signInAudience: String
    /// The client ids of the applications that own it; an application may own itself.
    public var owners: [String]
    /// App roles that go into its tokens. Graph goes by `Application.ReadWrite.OwnedBy` and the like.
    public var roles: [String]
    /// The subscriptions that it sees in Resource Manager; `nil` for all of the tenant.
    public var subscriptionIds: [String]?
    public var secrets: [ClientSecret]
    /// The certificates that its assertions may be signed with, each in PEM.
    public var certificates: [ApplicationCertificate]
    public var federatedCredentials: [FederatedCredential]
    /// What is demanded of its new secrets, in place of the tenant's demand.
    public var passwordPolicy: CredentialPolicy?
    /// What is demanded of its new certificates, in place of the tenant's demand.
    public var keyPolicy: CredentialPolicy?

    public init(
        clientId: String, displayName: String, objectId: String? = nil, servicePrincipalId: String? = nil,
        enabled: Bool = true, signInAudience: String = Self.ownTenant, owners: [String] = [], roles: [String] = [],
        subscriptionIds: [String]? = nil, secrets: [ClientSecret] = [], certificates: [ApplicationCertificate] = [],
        federatedCredentials: [FederatedCredential] = [], passwordPolicy: CredentialPolicy? = nil,
        keyPolicy: CredentialPolicy? = nil
    ) {
        self.clientId = clientId
        self.displayName = displayName
        self.objectId = objectId ?? UUID().uuidString.lowercased()
        self.servicePrincipalId = servicePrincipalId ?? UUID().uuidString.lowercased()
        self.enabled = enabled
        self.signInAudience = signInAudience
        self.owners = owners
        self.roles = roles
        self.subscriptionIds = subscriptionIds
        self.secrets = secrets
        self.certificates = certificates
        self.federatedCredentials = federatedCredentials
        self.passwordPolicy = passwordPolicy
        self.keyPolicy = keyPolicy
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
            signInAudience: try fields.decodeIfPresent(String.self, forKey: .signInAudience) ?? Self.ownTenant,
            owners: try fields.decodeIfPresent([String].self, forKey: .owners) ?? [],
            roles: try fields.decodeIfPresent([String].self, forKey: .roles) ?? [],
            subscriptionIds: try fields.decodeIfPresent([String].self, forKey: .subscriptionIds),
            secrets: try fields.decodeIfPresent([ClientSecret].self, forKey: .secrets) ?? [],
            certificates: try fields.decodeIfPresent([ApplicationCertificate].self, forKey: .certificates) ?? [],
            federatedCredentials: try fields.decodeIfPresent(
                [FederatedCredential].self, forKey: .federatedCredentials) ?? [],
            passwordPolicy: try fields.decodeIfPresent(CredentialPolicy.self, forKey: .passwordPolicy),
            keyPolicy: try fields.decodeIfPresent(CredentialPolicy.self, forKey: .keyPolicy)
        )
    }

    /// The ``signInAudience`` of an application that names none.
    public static let ownTenant = "AzureADMyOrg"

    /// How many secrets it may have; `nil` for as many as the object holds (wire.md 8.1).
    var passwordLimit: Int? {
        ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"].contains(signInAudience) ? 2 : nil
    }

    /// Whether the application `clientId` owns this one.
    func isOwned(by clientId: String) -> Bool {
        owners.contains { $0.lowercased() == clientId.lowercased() }
    }

    /// Whether the application has a role on the subscription, so that Resource Manager shows it.
    func sees(_ subscription: Subscription) -> Bool {
        guard let subscriptionIds else { return true }
        return subscriptionIds.contains { $0.lowercased() == subscription.id.lowercased() }
    }
}
