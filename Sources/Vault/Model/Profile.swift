public import FoundationEssentials

/// A named service principal: who it is, where it authenticates, what its tokens are for.
public struct Profile: Sendable, Equatable {
    public let id: RowID
    public var name: ProfileName
    /// Where the credential is sent. Changing it takes the credential again.
    public var destination: Destination
    /// Directory (tenant) id or verified domain.
    public var tenant: String
    /// Application (client) id.
    public var clientID: String
    public var credential: Credential
    /// The audience of tokens when a caller names none.
    public var audience: Audience?
    public var subscription: String?
    public var tags: [Tag]
    public var about: String?
    public var createdAt: Date
    public var updatedAt: Date

    public init(
        id: RowID, name: ProfileName, destination: Destination, tenant: String, clientID: String,
        credential: Credential, audience: Audience? = nil, subscription: String? = nil, tags: [Tag] = [],
        about: String? = nil, createdAt: Date, updatedAt: Date
    ) {
        self.id = id
        self.name = name
        self.destination = destination
        self.tenant = tenant
        self.clientID = clientID
        self.credential = credential
        self.audience = audience
        self.subscription = subscription
        self.tags = tags
        self.about = about
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// Where a credential goes, and what goes with its tokens. It is bound to the credential: whoever changes it must give
/// the credential again, or a stored secret could be sent to a stranger.
public struct Destination: Sendable, Hashable {
    public var provider: Provider
    public var cloud: Cloud
    /// Databricks workspace, `https://adb-….azuredatabricks.net`.
    public var workspace: String?
    /// Of a service principal that Databricks manages for an account, and not for one workspace.
    public var account: DatabricksAccount?
    /// Of a federated credential: where the assertion is taken from.
    public var assertion: AssertionSource?

    public init(
        provider: Provider = .entra, cloud: Cloud = .azureCloud, workspace: String? = nil,
        account: DatabricksAccount? = nil, assertion: AssertionSource? = nil
    ) {
        self.provider = provider
        self.cloud = cloud
        self.workspace = workspace
        self.account = account
        self.assertion = assertion
    }

    /// Below which tokens are asked for.
    public var tokenAuthority: String {
        switch provider {
        case .entra: cloud.authority
        case .databricks: account.map { "\($0.host)/oidc/accounts/\($0.id)" } ?? "\(workspace ?? "")/oidc"
        }
    }
}

/// Who issues the tokens.
public enum Provider: String, Sendable, CaseIterable {
    /// Microsoft Entra ID.
    case entra
    /// A Databricks workspace or account, for service principals that Databricks manages.
    case databricks
}

/// A label, `key=value` or a key alone.
public struct Tag: Sendable, Hashable, CustomStringConvertible {
    public var key: String
    public var value: String?

    /// - Throws: ``VaultError`` of code `usage` for an empty key, a control character, or more than 128 characters.
    public init(_ text: String) throws(VaultError) {
        let bytes = text.utf8
        // Bytes: no character outside ASCII has one of these in its encoding.
        let equals = bytes.firstIndex(of: UInt8(ascii: "="))
        guard bytes.count <= 128, equals != bytes.startIndex, !bytes.isEmpty,
            bytes.allSatisfy({ $0 >= 0x20 && $0 != 0x7f && $0 != UInt8(ascii: ",") })
        else {
            throw VaultError(.usage, "a tag is KEY or KEY=VALUE, at most 128 bytes without commas")
        }
        key = String(text[..<(equals ?? text.endIndex)])
        value = equals.map { String(text[bytes.index(after: $0)...]) }
    }

    public var description: String { value.map { "\(key)=\($0)" } ?? key }

    /// Whether `wanted` names this tag: a key alone matches every value.
    public func matches(_ wanted: Tag) -> Bool {
        key == wanted.key && (wanted.value == nil || value == wanted.value)
    }
}
