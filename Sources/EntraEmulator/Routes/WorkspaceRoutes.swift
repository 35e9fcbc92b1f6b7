import FoundationEssentials
import HTTPTypes

/// What a Databricks workspace answers before anyone is signed in.
enum WorkspaceRoutes {
    static let all = [
        Route("aad", .get, "/aad/auth") { emulator, request, _ throws(Refusal) in
            try emulator.workspaceSignIn(for: request)
        }
    ]
}

extension EntraEmulator {
    /// Sends the browser to the tenant's sign-in; clients read the tenant out of the address (wire.md 7.1).
    func workspaceSignIn(for request: EmulatorRequest) throws(Refusal) -> EmulatorResponse {
        guard let (tenant, workspace) = directory.workspace(at: request.host) else {
            throw Refusal(.control(.notFound, "the directory lists no workspace"))
        }
        let query = [
            ("client_id", KnownResources.databricks),
            ("redirect_uri", "https://\(workspace.host)/login.html"),
            ("response_mode", "form_post"), ("response_type", "code id_token"), ("scope", "openid"),
            ("nonce", UUID().uuidString.lowercased()), ("state", Base64URL.random(16)),
        ]
        let parameters = query.map { "\($0.0)=\(Form.encode($0.1))" }.joined(separator: "&")
        return EmulatorResponse(
            status: .found, fields: [.location: "\(base)/\(tenant.id)/oauth2/authorize?\(parameters)"]
        )
    }
}
