internal import FoundationEssentials
internal import HTTPTypes

/// Which directory a Databricks workspace belongs to, asked of the workspace itself (wire reference, 7.1).
///
/// `GET /aad/auth` answers with a redirect to the workspace's own sign-in page, whose address names the tenant. The
/// redirect is read and not followed, and counts only if it leads to a known authority: the answer decides where a
/// secret goes, but only ever which tenant of a service that the caller chose.
public struct WorkspaceDiscovery: Sendable {
    private let client: RetryingClient

    public init(transport: any HTTPTransport, clock: RetryClock, policy: RetryPolicy = RetryPolicy()) {
        client = RetryingClient(transport: transport, policy: policy, clock: clock)
    }

    /// The directory id or domain of the workspace.
    ///
    /// - Parameters:
    ///   - workspace: `https` address of the workspace.
    ///   - cloud: whose authority is accepted besides those of the known clouds.
    /// - Throws: ``VaultError`` of code `usage` for an address that is none, `unavailable` when the workspace cannot be
    ///   reached or does not answer as one.
    public func tenant(of workspace: String, in cloud: Cloud) async throws(VaultError) -> String {
        let workspace = try Endpoint(workspace, what: "workspace")
        let authorities = try Set(
            ([cloud] + Cloud.known).map { (cloud) throws(VaultError) in
                try Endpoint(cloud.authority, what: "authority").authority
            })
        let exchange = try await client.send(
            workspace.origin.request(.get, "/aad/auth", fields: HTTPFields()), body: SecretBytes(),
            peer: "the workspace")
        guard [301, 302, 303, 307, 308].contains(exchange.status),
            let location = exchange.answer.head.headerFields[.location]
        else { throw Self.noWorkspace("status \(exchange.status) in place of a redirect to its sign-in page") }
        guard let target = Endpoint(location), authorities.contains(target.authority) else {
            throw Self.noWorkspace("a redirect to no authority of a known cloud")
        }
        guard let tenant = target.path.split(separator: "/").first.map(String.init), TenantName.isValid(tenant) else {
            throw Self.noWorkspace("a redirect that names no tenant")
        }
        return tenant
    }

    private static func noWorkspace(_ what: String) -> VaultError {
        VaultError(
            .unavailable, "the workspace does not tell its tenant: it sent \(what)",
            hint: "check --workspace, or name the tenant: --tenant ID")
    }
}
