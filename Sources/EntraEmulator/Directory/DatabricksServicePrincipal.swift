/// A service principal that Databricks manages, of one workspace or one account (wire.md 7.4, 7.5, 8.4).
public struct DatabricksServicePrincipal: Codable, Sendable {
    /// The OAuth client id, a GUID.
    public var clientId: String
    /// The numeric id that SCIM addresses it by.
    public var id: String
    public var displayName: String
    /// One that is not active is refused.
    public var active: Bool
    /// Whether it may manage the secrets of all service principals.
    public var admin: Bool
    /// Whether it may manage its own secrets.
    public var managesItself: Bool
    /// OAuth secrets, at most ``secretLimit``, whose values begin with `dose`.
    public var secrets: [ClientSecret]
    public var federationPolicies: [FederationPolicy]

    public init(
        clientId: String, displayName: String? = nil, id: String = "1", active: Bool = true,
        admin: Bool = false, managesItself: Bool = true, secrets: [ClientSecret] = [],
        federationPolicies: [FederationPolicy] = []
    ) {
        self.clientId = clientId
        self.displayName = displayName ?? clientId
        self.id = id
        self.active = active
        self.admin = admin
        self.managesItself = managesItself
        self.secrets = secrets
        self.federationPolicies = federationPolicies
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            clientId: try fields.decode(String.self, forKey: .clientId),
            displayName: try fields.decodeIfPresent(String.self, forKey: .displayName),
            id: try fields.decodeIfPresent(String.self, forKey: .id) ?? "1",
            active: try fields.decodeIfPresent(Bool.self, forKey: .active) ?? true,
            admin: try fields.decodeIfPresent(Bool.self, forKey: .admin) ?? false,
            managesItself: try fields.decodeIfPresent(Bool.self, forKey: .managesItself) ?? true,
            secrets: try fields.decodeIfPresent([ClientSecret].self, forKey: .secrets) ?? [],
            federationPolicies: try fields.decodeIfPresent([FederationPolicy].self, forKey: .federationPolicies) ?? []
        )
    }

    /// How many secrets there may be (wire.md 8.4).
    static let secretLimit = 5

    /// Whose tokens may be exchanged for one of the service principal: Databricks' `oidc_policy`.
    public struct FederationPolicy: Codable, Sendable {
        /// Who signs the tokens; written as in ``FederatedCredential/issuer``.
        public var issuer: String
        /// The audiences that are accepted, any of them; empty for the account's id, as Databricks has it.
        public var audiences: [String]
        public var subject: String

        public init(issuer: String, subject: String, audiences: [String] = []) {
            self.issuer = issuer
            self.subject = subject
            self.audiences = audiences
        }

        public init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                issuer: try fields.decode(String.self, forKey: .issuer),
                subject: try fields.decode(String.self, forKey: .subject),
                audiences: try fields.decodeIfPresent([String].self, forKey: .audiences) ?? []
            )
        }
    }
}
