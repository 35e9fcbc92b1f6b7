internal import FoundationEssentials

/// What an application's credentials may be like (Graph's `appManagementPolicy` and `tenantAppManagementPolicy`).
struct GraphPolicy: Decodable, Sendable {
    struct List: Decodable, Sendable {
        let value: [GraphPolicy]
    }

    struct Restrictions: Decodable, Sendable {
        let passwordCredentials: [Restriction]?
        let keyCredentials: [Restriction]?

        var all: [Restriction] { (passwordCredentials ?? []) + (keyCredentials ?? []) }
    }

    struct Restriction: Decodable, Sendable {
        let restrictionType: String
        let maxLifetime: String?
        let state: String?

        /// The longest lifetime in seconds; nil where it caps none.
        var cap: TimeInterval? {
            guard ["passwordLifetime", "asymmetricKeyLifetime"].contains(restrictionType), state != "disabled" else {
                return nil
            }
            return maxLifetime.flatMap(GraphTime.duration)
        }
    }

    /// Of an application's own policy.
    let restrictions: Restrictions?
    /// Of the tenant's.
    let applicationRestrictions: Restrictions?
}
