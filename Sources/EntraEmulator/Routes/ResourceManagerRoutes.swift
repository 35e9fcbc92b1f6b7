import FoundationEssentials
import HTTPTypes

/// Azure Resource Manager: subscriptions, and the Databricks workspaces in them.
enum ResourceManagerRoutes {
    static let all = [
        Route("arm", .get, "/subscriptions") { emulator, request, _ throws(Refusal) in
            .json(List(try await emulator.visibleSubscriptions(request).map(SubscriptionAnswer.init)))
        },
        Route("arm", .get, "/subscriptions/{subscription}/providers/Microsoft.Databricks/workspaces") {
            emulator, request, path throws(Refusal) in
            let subscription = try await emulator.subscription(path["subscription"] ?? "", request)
            return .json(List(subscription.workspaces.map { WorkspaceAnswer($0, in: subscription) }))
        },
        Route(
            "arm", .get,
            "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Databricks/workspaces/{name}"
        ) { emulator, request, path throws(Refusal) in
            let subscription = try await emulator.subscription(path["subscription"] ?? "", request)
            let group = path["group"] ?? ""
            let name = path["name"] ?? ""
            guard
                let workspace = subscription.workspaces.first(where: {
                    $0.name.lowercased() == name.lowercased() && $0.resourceGroup.lowercased() == group.lowercased()
                })
            else {
                throw Refusal(
                    .resourceManager(
                        .notFound, "ResourceNotFound",
                        "The Resource 'Microsoft.Databricks/workspaces/\(name)' under resource group '\(group)' was "
                            + "not found."
                    )
                )
            }
            return .json(WorkspaceAnswer(workspace, in: subscription))
        },
    ]
}

extension EntraEmulator {
    /// The subscriptions that the bearer of the request's token sees.
    fileprivate func visibleSubscriptions(
        _ request: EmulatorRequest
    ) async throws(Refusal) -> [(tenant: Tenant, subscription: Subscription)] {
        let claims = try await bearer(of: request)
        guard request.query["api-version"] != nil else {
            throw Refusal(
                .resourceManager(
                    .badRequest, "MissingApiVersionParameter",
                    "The api-version query parameter (?api-version=) is required for all requests."
                )
            )
        }
        guard let tenant = directory.tenant(named: claims.tid) else { return [] }
        let application = tenant.application(claims.appid ?? claims.azp ?? "")
        return tenant.subscriptions
            .filter { application?.sees($0) ?? false }
            .map { (tenant, $0) }
    }

    fileprivate func subscription(_ id: String, _ request: EmulatorRequest) async throws(Refusal) -> Subscription {
        let visible = try await visibleSubscriptions(request)
        guard let found = visible.first(where: { $0.subscription.id.lowercased() == id.lowercased() }) else {
            throw Refusal(
                .resourceManager(
                    .notFound, "SubscriptionNotFound", "The subscription '\(id)' could not be found."
                )
            )
        }
        return found.subscription
    }
}

/// A page of results; there is always one.
private struct List<Item: Encodable>: Encodable {
    let value: [Item]

    init(_ value: [Item]) { self.value = value }
}

/// A subscription as Resource Manager shows it.
private struct SubscriptionAnswer: Encodable {
    let id: String
    let subscriptionId: String
    let tenantId: String
    let displayName: String
    let state: String
    var authorizationSource = "RoleBased"
    var managedByTenants: [String] = []
    var subscriptionPolicies = [
        "locationPlacementId": "Public_2014-09-01", "quotaId": "PayAsYouGo_2014-09-01", "spendingLimit": "Off",
    ]

    init(tenant: Tenant, subscription: Subscription) {
        id = subscription.resourceId
        subscriptionId = subscription.id
        tenantId = tenant.id
        displayName = subscription.name
        state = subscription.state
    }
}

/// A workspace as Resource Manager shows it.
private struct WorkspaceAnswer: Encodable {
    struct Properties: Encodable {
        let workspaceUrl: String
        let workspaceId: String
        var provisioningState = "Succeeded"
    }

    let id: String
    let name: String
    let location: String
    let properties: Properties
    var type = "Microsoft.Databricks/workspaces"
    var sku = ["name": "premium"]

    init(_ workspace: Workspace, in subscription: Subscription) {
        id = workspace.resourceId(in: subscription)
        name = workspace.name
        location = workspace.location
        properties = Properties(workspaceUrl: workspace.host, workspaceId: workspace.workspaceId)
    }
}
