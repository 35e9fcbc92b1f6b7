import FoundationEssentials
import HTTPTypes

/// The discovery documents and the signing keys (wire.md 1.7).
enum DiscoveryRoutes {
    static let all = [
        Route("discovery", .get, "/{tenant}/v2.0/.well-known/openid-configuration") {
            emulator, request, path throws(Refusal) in
            try emulator.discovery(for: request, tenant: path["tenant"] ?? "", .v2)
        },
        Route("discovery", .get, "/{tenant}/.well-known/openid-configuration") {
            emulator, request, path throws(Refusal) in
            try emulator.discovery(for: request, tenant: path["tenant"] ?? "", .v1)
        },
        Route("keys", .get, "/{tenant}/discovery/v2.0/keys") { emulator, request, path throws(Refusal) in
            try emulator.keys(for: request, tenant: path["tenant"] ?? "")
        },
        Route("keys", .get, "/{tenant}/discovery/keys") { emulator, request, path throws(Refusal) in
            try emulator.keys(for: request, tenant: path["tenant"] ?? "")
        },
        Route("instance", .get, "/common/discovery/instance") { emulator, request, _ throws(Refusal) in
            try emulator.instance(for: request)
        },
    ]
}

extension EntraEmulator {
    func discovery(
        for request: EmulatorRequest, tenant name: String, _ version: TokenVersion
    ) throws(Refusal) -> EmulatorResponse {
        let tenant = try tenantForDiscovery(named: name, request)
        let document = OpenIDConfiguration(base: base, tenant: tenant, issuer: issuer(of: tenant, version), version)
        return .json(document, keys: .convertToSnakeCase)
    }

    func keys(for request: EmulatorRequest, tenant name: String) throws(Refusal) -> EmulatorResponse {
        // `common` has keys too: they are the same for every tenant.
        if name.lowercased() != "common" { _ = try tenantForDiscovery(named: name, request) }
        do {
            return .json(["keys": [try signingKey.jwk(issuer: "\(base)/{tenantid}/v2.0")]])
        } catch {
            throw Refusal(.control(.internalServerError, "the key has no numbers: \(error)"))
        }
    }

    func instance(for request: EmulatorRequest) throws(Refusal) -> EmulatorResponse {
        let authorization = request.query["authorization_endpoint"] ?? ""
        let pieces = authorization.split(separator: "/").map(String.init)
        let own = EmulatorRequest.hostname(of: base.split(separator: "/").last.map(String.init) ?? "")
        guard pieces.count >= 3, EmulatorRequest.hostname(of: pieces[1]).lowercased() == own.lowercased() else {
            throw Refusal(
                .json(
                    ["error": "invalid_instance", "error_description": "AADSTS50049: Unknown or invalid instance."],
                    status: .badRequest
                )
            )
        }
        return .json(InstanceDiscovery(base: base, host: own, tenant: pieces[2]), keys: .convertToSnakeCase)
    }

    private func tenantForDiscovery(named name: String, _ request: EmulatorRequest) throws(Refusal) -> Tenant {
        do {
            return try tenant(named: name, discovery: true)
        } catch {
            throw Refusal(error.answer(to: request, base: base, separator: " "))
        }
    }
}

/// OpenID Connect Discovery 1.0, section 3, with the members that clients of Entra read.
private struct OpenIDConfiguration: Encodable {
    let tokenEndpoint: String
    let authorizationEndpoint: String
    let deviceAuthorizationEndpoint: String
    let endSessionEndpoint: String
    let jwksUri: String
    let issuer: String
    var tokenEndpointAuthMethodsSupported = ["client_secret_post", "private_key_jwt", "client_secret_basic"]
    var responseModesSupported = ["query", "fragment", "form_post"]
    var subjectTypesSupported = ["pairwise"]
    var idTokenSigningAlgValuesSupported = ["RS256"]
    var responseTypesSupported = ["code", "id_token", "code id_token", "id_token token"]
    var scopesSupported = ["openid", "profile", "email", "offline_access"]
    var claimsSupported = ["sub", "iss", "aud", "exp", "iat", "tid", "ver"]
    var tenantRegionScope = "EU"
    var cloudInstanceName = "microsoftonline.com"
    var msgraphHost = "graph.microsoft.com"

    init(base: String, tenant: Tenant, issuer: String, _ version: TokenVersion) {
        let root = "\(base)/\(tenant.id)"
        let oauth = version == .v1 ? "\(root)/oauth2" : "\(root)/oauth2/v2.0"
        tokenEndpoint = "\(oauth)/token"
        authorizationEndpoint = "\(oauth)/authorize"
        deviceAuthorizationEndpoint = "\(oauth)/devicecode"
        endSessionEndpoint = "\(oauth)/logout"
        jwksUri = version == .v1 ? "\(root)/discovery/keys" : "\(root)/discovery/v2.0/keys"
        self.issuer = issuer
    }
}

/// Which hosts are one and the same authority.
private struct InstanceDiscovery: Encodable {
    struct Network: Encodable {
        let preferredNetwork: String
        let preferredCache: String
        let aliases: [String]
    }

    let tenantDiscoveryEndpoint: String
    let apiVersion = "1.1"
    let metadata: [Network]

    private enum CodingKeys: String, CodingKey {
        case tenantDiscoveryEndpoint, metadata
        case apiVersion = "api-version"
    }

    init(base: String, host: String, tenant: String) {
        tenantDiscoveryEndpoint = "\(base)/\(tenant)/v2.0/.well-known/openid-configuration"
        metadata = [Network(preferredNetwork: host, preferredCache: host, aliases: [host])]
    }
}
