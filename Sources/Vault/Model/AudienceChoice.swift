/// An audience as a caller names it; which one that is depends on the profile's cloud.
public enum AudienceChoice: Sendable, Hashable {
    /// A URI, an application id or a short name.
    case resource(String)
    case scope(String)

    func resolved(in cloud: Cloud) throws(VaultError) -> Audience {
        switch self {
        case .resource(let resource): try Audience(resource: resource, in: cloud)
        case .scope(let scope): try Audience(scope: scope)
        }
    }
}
