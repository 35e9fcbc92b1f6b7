public import FoundationEssentials

/// What the emulator knows of the world: tenants, and in them applications, subscriptions and workspaces; and
/// Databricks accounts.
///
/// As JSON this is the `--directory` file of `entra-emulator`; every member but an identifier may be left out.
public struct Directory: Codable, Sendable {
    public var tenants: [Tenant]
    public var databricksAccounts: [DatabricksAccount]
    /// How long a token is valid, in seconds. The vendor's default for client credentials is 3599.
    public var tokenLifetime: Int

    public init(tenants: [Tenant], databricksAccounts: [DatabricksAccount] = [], tokenLifetime: Int = 3599) {
        self.tenants = tenants
        self.databricksAccounts = databricksAccounts
        self.tokenLifetime = tokenLifetime
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        tenants = try fields.decode([Tenant].self, forKey: .tenants)
        databricksAccounts =
            try fields.decodeIfPresent([DatabricksAccount].self, forKey: .databricksAccounts) ?? []
        tokenLifetime = try fields.decodeIfPresent(Int.self, forKey: .tokenLifetime) ?? 3599
    }

    /// Reads the JSON form; dates are ISO 8601.
    /// - Throws: `DecodingError` when `json` is not a directory.
    public init(json: Data) throws {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        self = try decoder.decode(Directory.self, from: json)
    }

    /// The JSON form, with the values of secrets in it: for a file that people read and edit.
    /// - Throws: `EncodingError`, which these types give no reason for.
    public func json() throws -> Data {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(self)
    }

    /// The tenant called `name`, by its GUID or one of its verified domains.
    public func tenant(named name: String) -> Tenant? {
        let name = name.lowercased()
        return tenants.first { $0.id.lowercased() == name || $0.domains.contains { $0.lowercased() == name } }
    }

    /// Every workspace host that is listed, as a server certificate has to name them.
    public var workspaceHosts: [String] {
        tenants.flatMap(\.subscriptions).flatMap(\.workspaces).map(\.host)
    }

    /// The tenant and workspace that `host` names; any other host stands for the first workspace there is.
    func workspace(at host: String) -> (tenant: Tenant, workspace: Workspace)? {
        let all = tenants.flatMap { tenant in
            tenant.subscriptions.flatMap(\.workspaces).map { (tenant: tenant, workspace: $0) }
        }
        return all.first { $0.workspace.host.lowercased() == host.lowercased() } ?? all.first
    }

    /// Lets `change` work on the one registration of `clientId` in the tenant `tenantId`.
    /// - Returns: what `change` returns; `nil` when there is no such registration.
    mutating func change<Result>(
        application clientId: String, of tenantId: String, _ change: (inout Application) -> Result
    ) -> Result? {
        guard let tenant = tenants.firstIndex(where: { $0.id == tenantId }),
            let index = tenants[tenant].applications.firstIndex(where: { $0.clientId == clientId })
        else { return nil }
        return change(&tenants[tenant].applications[index])
    }

    /// Lets `change` work on the service principal `clientId` wherever it is listed below the Databricks account
    /// `accountId`: its secrets are the account's, whichever workspace was asked.
    mutating func change(
        servicePrincipal clientId: String, of accountId: String, _ change: (inout DatabricksServicePrincipal) -> Void
    ) {
        func apply(to list: inout [DatabricksServicePrincipal]) {
            for index in list.indices where list[index].clientId.lowercased() == clientId.lowercased() {
                change(&list[index])
            }
        }
        for account in databricksAccounts.indices where databricksAccounts[account].id == accountId {
            apply(to: &databricksAccounts[account].servicePrincipals)
        }
        for tenant in tenants.indices {
            for subscription in tenants[tenant].subscriptions.indices {
                for index in tenants[tenant].subscriptions[subscription].workspaces.indices
                where tenants[tenant].subscriptions[subscription].workspaces[index].accountId == accountId {
                    apply(to: &tenants[tenant].subscriptions[subscription].workspaces[index].servicePrincipals)
                }
            }
        }
    }

    /// Lets `change` work on every registration of `clientId`, which has one service principal a tenant.
    /// - Returns: whether there was one.
    mutating func change(application clientId: String, _ change: (inout Application) -> Void) -> Bool {
        var found = false
        for tenant in tenants.indices {
            for index in tenants[tenant].applications.indices
            where tenants[tenant].applications[index].clientId.lowercased() == clientId.lowercased() {
                change(&tenants[tenant].applications[index])
                found = true
            }
        }
        return found
    }
}
