import FoundationEssentials
import Testing
import VaultTesting

@testable import Vault

struct DatabricksProviderTests {
    private static let canary = "canary-secret~value"

    /// What came of a request that was answered so.
    private func refused(_ description: String) async throws -> (error: VaultError, transport: ScriptedTransport) {
        let body = #"{"error":"invalid_client","error_description":"\#(description)"}"#
        let transport = ScriptedTransport([.answer(status: 401, fields: [:], body: body)])
        let provider = DatabricksProvider(
            client: RetryingClient(transport: transport, policy: RetryPolicy(), clock: StoppedClock().clock()),
            userAgent: "vaultctl/9")
        let grant = GrantRequest(
            provider: .databricks, authority: "https://adb-1.2.azuredatabricks.net/oidc", tenant: "", clientID: "app",
            audience: .allAPIs)
        let error = try await failure { () async throws(VaultError) in
            try await provider.accessToken(for: grant, secret: SecretBytes(Self.canary))
        }
        return (error, transport)
    }

    @Test func `the workspace's own endpoint is asked, and its words are told`() async throws {
        let (error, transport) = try await refused("Client authentication failed")
        #expect(transport.asked.map(\.url) == ["https://adb-1.2.azuredatabricks.net/oidc/v1/token"])
        #expect(error.code == .refused && error.message.contains("Client authentication failed"))
    }

    @Test func `a server that repeats the secret as it was sent does not get it into the error`() async throws {
        let sent = Data("app:\(Self.canary)".utf8).base64EncodedString()
        for text in ["Basic \(sent)", String(sent.dropFirst(6)), Self.canary] {
            let (error, _) = try await refused("bad credential \(text)")
            #expect(error.message.contains("repeats the secret"), "\(text)")
            #expect(!error.message.contains(text) && error.refusal?.text == nil)
        }
    }
}
