internal import FoundationEssentials
internal import HTTPTypes

/// Which subscription a service principal works in, asked of Azure Resource Manager with a token for it.
public struct SubscriptionDiscovery: Sendable {
    private let client: RetryingClient

    /// Pages of a list that are read at most.
    static let longestList = 20

    public init(transport: any HTTPTransport, clock: RetryClock, policy: RetryPolicy = RetryPolicy()) {
        client = RetryingClient(transport: transport, policy: policy, clock: clock)
    }

    /// The id of the one subscription that the token's holder sees; of several, the one that has the workspace.
    ///
    /// - Parameters:
    ///   - arm: `https` address of Azure Resource Manager.
    ///   - token: for the audience of Azure Resource Manager.
    ///   - workspace: `https` address of a Databricks workspace.
    /// - Throws: ``VaultError`` of code `notFound` when there is none, or none that has the workspace; `usage` when
    ///   there are several and nothing tells them apart, naming them; `refused`, `tryAgain` and `unavailable` as the
    ///   service answers.
    public func subscription(
        arm: String, token: borrowing SecretBytes, workspace: String?
    ) async throws(VaultError) -> String {
        let arm = try Endpoint(arm, what: "Azure Resource Manager")
        let workspace: Endpoint? = try workspace.map { (text) throws(VaultError) in
            try Endpoint(text, what: "workspace")
        }
        let subscriptions = try await list(
            of: Subscription.self, at: arm, path: "/subscriptions?api-version=2022-12-01", token: token)
        let ids = try subscriptions.map { (subscription) throws(VaultError) in
            guard TenantName.isGUID(subscription.subscriptionId) else {
                throw Self.notResourceManager("it sent a subscription without an id")
            }
            return subscription.subscriptionId
        }
        guard let first = ids.first else {
            throw VaultError(
                .notFound, "the service principal sees no subscription",
                hint: "give it a role in one, or name one: --subscription ID")
        }
        if ids.count == 1 { return first }
        guard let workspace else {
            throw VaultError(
                .usage, "the service principal sees \(ids.count) subscriptions: \(Self.named(ids))",
                hint: "name one: --subscription ID")
        }
        for id in ids where try await has(workspace, in: id, arm: arm, token: token) { return id }
        throw VaultError(
            .notFound,
            "the workspace \(workspace.authority) is in none of the \(ids.count) subscriptions: \(Self.named(ids))",
            hint: "name one: --subscription ID")
    }

    private struct Subscription: Decodable {
        let subscriptionId: String
    }

    private struct Workspace: Decodable {
        struct Properties: Decodable {
            /// A host, without `https://`.
            let workspaceUrl: String?
        }
        let properties: Properties?
    }

    private struct Page<Item: Decodable>: Decodable {
        let value: [Item]
        let nextLink: String?
    }

    /// Error of Azure Resource Manager, which is none of OAuth.
    private struct Failure: Decodable {
        struct Details: Decodable {
            let code: String?
        }
        let error: Details
    }

    private func has(
        _ workspace: Endpoint, in subscription: String, arm: Endpoint, token: borrowing SecretBytes
    ) async throws(VaultError) -> Bool {
        let workspaces = try await list(
            of: Workspace.self, at: arm,
            path: "/subscriptions/\(subscription)/providers/Microsoft.Databricks/workspaces?api-version=2018-04-01",
            token: token)
        return workspaces.contains { item in
            guard let url = item.properties?.workspaceUrl, let found = Endpoint("https://\(url)") else { return false }
            return found.isSameOrigin(as: workspace)
        }
    }

    /// All items of a list that comes in pages. A link to another host is not followed: the token goes with it.
    private func list<Item: Decodable>(
        of type: Item.Type, at arm: Endpoint, path: String, token: borrowing SecretBytes
    ) async throws(VaultError) -> [Item] {
        var items: [Item] = []
        var request = arm.request(.get, path, fields: Self.fields(token))
        for _ in 0..<Self.longestList {
            let page = try await page(of: type, request)
            items += page.value
            guard let link = page.nextLink, !link.isEmpty else { return items }
            guard let next = Endpoint(link), next.isSameOrigin(as: arm) else {
                throw Self.notResourceManager("the next page of its list is on another host")
            }
            request.path = next.path + (next.query.map { "?\($0)" } ?? "")
        }
        throw Self.notResourceManager("its list has more than \(Self.longestList) pages")
    }

    private func page<Item: Decodable>(
        of type: Item.Type, _ request: HTTPRequest
    ) async throws(VaultError) -> Page<Item> {
        let exchange = try await client.send(request, body: SecretBytes(), peer: "Azure Resource Manager")
        guard exchange.status == 200 else { throw Self.failure(exchange) }
        do {
            return try BoundedJSON(exchange.answer.body).decode(Page<Item>.self)
        } catch {
            throw Self.notResourceManager("it sent \(error.description)")
        }
    }

    /// The token is copied to the heap here, as HTTP fields are text; it is one of an hour that leaves no record.
    private static func fields(_ token: borrowing SecretBytes) -> HTTPFields {
        var fields = HTTPFields()
        fields[.accept] = "application/json"
        let value: [UInt8] = Array("Bearer ".utf8) + token.withBytes { $0.array }
        fields.append(HTTPField(name: .authorization, value: value))
        return fields
    }

    private static func failure(_ exchange: borrowing RetryingClient.Exchange) -> VaultError {
        let status = exchange.status
        if status == 429 || status == 503 {
            return VaultError(
                .tryAgain, "Azure Resource Manager is throttling or busy, status \(status)",
                hint: "try again in \(exchange.retryAfter ?? 60) s")
        }
        guard status == 401 || status == 403 else { return notResourceManager("it sent status \(status)") }
        let code: String?
        do {
            code = ShownText.identifier(try BoundedJSON(exchange.answer.body).decode(Failure.self).error.code)
        } catch {
            // The status tells enough; a body that is not the usual one adds nothing.
            code = nil
        }
        return VaultError(
            .refused, "Azure Resource Manager refused, status \(status)\(code.map { ": \($0)" } ?? "")",
            hint: "name the subscription: --subscription ID")
    }

    private static func notResourceManager(_ what: String) -> VaultError {
        VaultError(
            .unavailable, "Azure Resource Manager did not answer as such: \(what)",
            hint: "check the cloud of the profile, or name the subscription: --subscription ID")
    }

    /// The ids, as many as a line takes.
    private static func named(_ ids: [String]) -> String {
        ids.prefix(10).joined(separator: ", ") + (ids.count > 10 ? ", …" : "")
    }
}
