import FoundationEssentials
import HTTPTypes

/// The policies of Microsoft Graph that say how long credentials may live.
enum GraphPolicyRoutes {
    static let all =
        [
            Route("graph-policy", .get, "/v1.0/policies/defaultAppManagementPolicy") {
                emulator, request, _ throws(Refusal) in
                let call = try await emulator.graphCall(request)
                guard call.mayReadPolicies else { throw call.denied }
                let restrictions = Restrictions(call.tenant.passwordPolicy, call.tenant.keyPolicy)
                return .json(
                    TenantPolicy(
                        id: call.tenant.passwordPolicy?.id ?? call.tenant.keyPolicy?.id ?? CredentialPolicy.tenantId,
                        isEnabled: !restrictions.isEmpty, applicationRestrictions: restrictions))
            }
        ]
        + Route.ofApplication("graph-policy", .get, "/appManagementPolicies") {
            emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            guard call.mayReadPolicies else { throw call.denied }
            let application = try emulator.application(at: path, for: call)
            return .json(GraphList(value: ApplicationPolicy.list(of: application)))
        }
}

/// The policy of a tenant: Graph's `tenantAppManagementPolicy`.
private struct TenantPolicy: Encodable {
    let id: String
    var displayName = "Default app management tenant policy"
    let isEnabled: Bool
    let applicationRestrictions: Restrictions
    var servicePrincipalRestrictions = Restrictions(nil, nil)
}

/// The policy that one application is assigned: Graph's `appManagementPolicy`.
private struct ApplicationPolicy: Encodable {
    let id: String
    let displayName: String
    var isEnabled = true
    let restrictions: Restrictions

    /// At most two, as the policies for secrets and for certificates may be one.
    static func list(of application: Application) -> [ApplicationPolicy] {
        let (password, key) = (application.passwordPolicy, application.keyPolicy)
        let ids = [password?.id, key?.id].compactMap(\.self)
        return (Set(ids).count < ids.count ? [ids[0]] : ids).map { id in
            ApplicationPolicy(
                id: id, displayName: "Policy of \(application.displayName)",
                restrictions: Restrictions(password?.id == id ? password : nil, key?.id == id ? key : nil))
        }
    }
}

/// What a policy restricts.
private struct Restrictions: Encodable {
    let passwordCredentials: [Restriction]
    let keyCredentials: [Restriction]

    var isEmpty: Bool { passwordCredentials.isEmpty && keyCredentials.isEmpty }

    init(_ passwords: CredentialPolicy?, _ keys: CredentialPolicy?) {
        passwordCredentials = Restriction.list(of: passwords, addition: "passwordAddition", life: "passwordLifetime")
        keyCredentials = Restriction.list(of: keys, addition: "asymmetricKeyAddition", life: "asymmetricKeyLifetime")
    }
}

/// One restriction: no credential of a kind, or none that lives longer.
private struct Restriction: Encodable {
    let restrictionType: String
    let maxLifetime: String?
    var restrictForAppsCreatedAfterDateTime = "2015-01-01T00:00:00Z"
    var state = "enabled"

    static func list(of policy: CredentialPolicy?, addition: String, life: String) -> [Restriction] {
        guard let policy else { return [] }
        var list: [Restriction] = []
        if policy.forbidden { list.append(Restriction(restrictionType: addition, maxLifetime: nil)) }
        if let longest = policy.maxLifetime {
            list.append(Restriction(restrictionType: life, maxLifetime: longest.text))
        }
        return list
    }
}
