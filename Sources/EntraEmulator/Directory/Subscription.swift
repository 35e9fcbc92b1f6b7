/// An Azure subscription, as Resource Manager lists it.
public struct Subscription: Codable, Sendable {
    /// The subscription's GUID.
    public var id: String
    public var name: String
    /// `Enabled`, `Disabled`, `Warned`, `PastDue` or `Deleted`.
    public var state: String
    public var workspaces: [Workspace]

    public init(id: String, name: String, state: String = "Enabled", workspaces: [Workspace] = []) {
        self.id = id
        self.name = name
        self.state = state
        self.workspaces = workspaces
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        id = try fields.decode(String.self, forKey: .id)
        name = try fields.decodeIfPresent(String.self, forKey: .name) ?? id
        state = try fields.decodeIfPresent(String.self, forKey: .state) ?? "Enabled"
        workspaces = try fields.decodeIfPresent([Workspace].self, forKey: .workspaces) ?? []
    }

    var resourceId: String { "/subscriptions/\(id)" }
}
