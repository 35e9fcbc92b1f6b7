/// Asks whoever a grant is for.
struct ProviderByGrant: CredentialProvider {
    let entra: EntraProvider
    let databricks: DatabricksProvider

    init(
        transport: any HTTPTransport, clock: RetryClock, policy: RetryPolicy = RetryPolicy(),
        userAgent: String = "vaultctl"
    ) {
        entra = EntraProvider(transport: transport, clock: clock, policy: policy, userAgent: userAgent)
        databricks = DatabricksProvider(
            client: RetryingClient(transport: transport, policy: policy, clock: clock), userAgent: userAgent)
    }

    func accessToken(
        for grant: GrantRequest, secret: borrowing SecretBytes
    ) async throws(VaultError) -> AccessToken {
        switch grant.provider {
        case .entra: try await entra.accessToken(for: grant, secret: secret)
        case .databricks: try await databricks.accessToken(for: grant, secret: secret)
        }
    }
}
