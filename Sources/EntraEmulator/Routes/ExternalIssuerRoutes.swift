import FoundationEssentials
import HTTPTypes

/// OpenID Connect issuers that have nothing to do with Entra, as a build service or a cluster is one: whatever the name,
/// there is an issuer `{base}/external/{name}`, with a discovery document, keys, and tokens for the asking.
enum ExternalIssuerRoutes {
    static let all = [
        Route("external", .get, "/external/{name}/.well-known/openid-configuration") {
            emulator, _, path throws(Refusal) in
            .json(ExternalConfiguration(issuer: emulator.externalIssuer(path["name"] ?? "")), keys: .convertToSnakeCase)
        },
        Route("external", .get, "/external/{name}/jwks") { emulator, _, path throws(Refusal) in
            try await emulator.externalKeys(path["name"] ?? "")
        },
        Route(Route.control, .post, "/emulator/external/{name}/tokens") { emulator, request, path throws(Refusal) in
            let asked = try request.json(NewExternalToken.self)
            do {
                let token = try await emulator.externalToken(
                    by: path["name"] ?? "", subject: asked.subject,
                    audience: asked.audience ?? FederatedCredential.usualAudience,
                    notBefore: asked.notBefore ?? 0, lifetime: asked.lifetime ?? 600
                )
                return .json(
                    ["issuer": emulator.externalIssuer(path["name"] ?? ""), "token": token], status: .created)
            } catch {
                throw Refusal(.control(.internalServerError, "signing failed: \(error)"))
            }
        },
    ]

    private struct NewExternalToken: Decodable {
        let subject: String
        let audience: String?
        /// When it begins, in seconds from now; negative for one that began already.
        let notBefore: Int?
        /// When it ends, in seconds from now; negative for one that has ended.
        let lifetime: Int?
    }
}

extension EntraEmulator {
    /// A token of the issuer under `/external/{name}`: what a federated credential takes.
    /// - Parameters:
    ///   - notBefore: when it begins, in seconds from now.
    ///   - lifetime: when it ends, in seconds from now.
    public func externalToken(
        by name: String, subject: String, audience: String = FederatedCredential.usualAudience, notBefore: Int = 0,
        lifetime: Int = 600
    ) async throws -> String {
        let now = Int(now.timeIntervalSince1970)
        let claims = ExternalClaims(
            iss: externalIssuer(name), sub: subject, aud: audience, iat: now + notBefore, nbf: now + notBefore,
            exp: now + lifetime
        )
        return try await SigningKey.ofExternalIssuers().sign(claims)
    }

    func externalIssuer(_ name: String) -> String { "\(base)/external/\(name)" }

    /// What a directory calls `issuer` in full; see ``FederatedCredential/issuer``.
    func resolved(issuer: String) -> String { issuer.hasPrefix("/") ? base + issuer : issuer }

    enum ExternalSignature {
        case good, bad, unknownIssuer
    }

    /// Whether the issuer that the token names signed it. Only the emulator's own issuers are known.
    func externalSignature(of token: PresentedToken, _ text: String) async throws -> ExternalSignature {
        guard token.claims.iss?.hasPrefix(externalIssuer("")) == true else { return .unknownIssuer }
        guard token.header.alg == "RS256" else { return .bad }
        do {
            _ = try await SigningKey.ofExternalIssuers().verified(text, as: ExternalClaims.self)
            return .good
        } catch {
            return .bad
        }
    }

    fileprivate func externalKeys(_ name: String) async throws(Refusal) -> EmulatorResponse {
        do {
            return .json(["keys": [try await SigningKey.ofExternalIssuers().jwk(issuer: externalIssuer(name))]])
        } catch {
            throw Refusal(.control(.internalServerError, "there is no key: \(error)"))
        }
    }
}

/// OpenID Connect Discovery 1.0, section 3, of an issuer that only signs.
private struct ExternalConfiguration: Encodable {
    let issuer: String
    let jwksUri: String
    var responseTypesSupported = ["id_token"]
    var subjectTypesSupported = ["public"]
    var idTokenSigningAlgValuesSupported = ["RS256"]

    init(issuer: String) {
        self.issuer = issuer
        jwksUri = "\(issuer)/jwks"
    }
}
