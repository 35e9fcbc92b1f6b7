import Crypto
import FoundationEssentials
import HTTPTypes

/// The OAuth secrets of Databricks' service principals, by way of a workspace and of the account (wire.md 8.4).
enum DatabricksSecretRoutes {
    static let all = [
        "/api/2.0/accounts/servicePrincipals/{id}/credentials/secrets",
        "/api/2.0/accounts/{account}/servicePrincipals/{id}/credentials/secrets",
    ].flatMap { address in
        [
            Route("databricks-list-secrets", .get, address) { emulator, request, path throws(Refusal) in
                try await emulator.secrets(of: emulator.managed(by: request, path))
            },
            Route("databricks-add-secret", .post, address) { emulator, request, path throws(Refusal) in
                try await emulator.addSecret(to: emulator.managed(by: request, path), request)
            },
            Route("databricks-remove-secret", .delete, address + "/{secret}") {
                emulator, request, path throws(Refusal) in
                let target = try await emulator.managed(by: request, path)
                return try emulator.removeSecret(path["secret"] ?? "", from: target)
            },
        ]
    }
}

/// Whose secrets a call is about.
private struct Target {
    let principal: DatabricksServicePrincipal
    let accountId: String

    /// Those that count, the expired ones too.
    var secrets: [ClientSecret] { principal.secrets.filter { $0.life.removed == nil } }
}

extension EntraEmulator {
    /// The service principal that the path names, if the bearer of the request's token may manage its secrets.
    fileprivate func managed(
        by request: EmulatorRequest, _ path: [String: String]
    ) async throws(Refusal) -> Target {
        let caller = try await databricksCaller(of: request, in: realm(of: request, path))
        let id = path["id"] ?? ""
        // Looked up again: what the caller's check waited for may have let the directory change.
        let realm = try realm(of: request, path)
        guard let principal = realm.servicePrincipals.first(where: { $0.id == id }) else {
            throw Refusal(
                .databricks(.notFound, "RESOURCE_DOES_NOT_EXIST", "Service principal \(id) does not exist."))
        }
        guard caller.mayManage(principal) else {
            throw Refusal(
                .databricks(
                    .forbidden, "PERMISSION_DENIED",
                    "User does not have permission to manage the secrets of service principal \(id)."))
        }
        return Target(principal: principal, accountId: realm.accountId)
    }

    /// The account that the path names, or else the workspace that was asked.
    private func realm(of request: EmulatorRequest, _ path: [String: String]) throws(Refusal) -> DatabricksRealm {
        guard let account = path["account"] else { return try realm(of: request) }
        return try realm(of: request, account: account)
    }

    fileprivate func secrets(of target: Target) -> EmulatorResponse {
        .json(SecretList(secrets: target.secrets.map { DatabricksSecret($0, began: began) }), keys: .convertToSnakeCase)
    }

    fileprivate func addSecret(
        to target: Target, _ request: EmulatorRequest
    ) throws(Refusal) -> EmulatorResponse {
        let lifetime = try NewSecret.lifetime(of: request)
        let limit = DatabricksServicePrincipal.secretLimit
        guard target.secrets.count < limit else {
            throw Refusal(
                .databricks(
                    .badRequest, "BAD_REQUEST",
                    "Service principal \(target.principal.id) already has the maximum number of \(limit) secrets."))
        }
        let letters = Array("0123456789abcdef")
        // `letters` is not empty, so that there is always an element.
        let value = "dose" + String((0..<32).compactMap { _ in letters.randomElement() })
        var secret = ClientSecret(value: value, start: request.time, end: request.time + lifetime)
        secret.life = Lifespan(added: now)
        let added = secret
        directory.change(servicePrincipal: target.principal.clientId, of: target.accountId) { $0.secrets.append(added) }
        return .json(DatabricksSecret(added, began: began, value: value), keys: .convertToSnakeCase)
    }

    fileprivate func removeSecret(_ id: String, from target: Target) throws(Refusal) -> EmulatorResponse {
        guard let secret = target.secrets.first(where: { $0.keyId.lowercased() == id.lowercased() }) else {
            throw Refusal(.databricks(.notFound, "RESOURCE_DOES_NOT_EXIST", "Secret \(id) does not exist."))
        }
        let removed = now
        directory.change(servicePrincipal: target.principal.clientId, of: target.accountId) { principal in
            // A directory file may list one secret twice, for a workspace and for the account, with two ids.
            for index in principal.secrets.indices
            where principal.secrets[index].life.removed == nil
                && (principal.secrets[index].keyId == secret.keyId || principal.secrets[index].value == secret.value)
            {
                principal.secrets[index].life.removed = removed
            }
        }
        return .json([String: String]())
    }
}

/// What a client may say of a new secret.
private struct NewSecret: Decodable {
    /// Seconds, with an `s` behind them or without (wire.md 8.4).
    let lifetime: String?

    /// The longest that a secret lives, which is also what it lives when nobody says: 730 days, in seconds.
    static let longest = 63_072_000.0

    static func lifetime(of request: EmulatorRequest) throws(Refusal) -> Double {
        guard !request.body.isEmpty else { return longest }
        guard let text = try request.json(NewSecret.self).lifetime else { return longest }
        guard let seconds = Double(text.hasSuffix("s") ? text.dropLast() : text[...]), seconds > 0,
            seconds <= longest
        else {
            throw Refusal(
                .databricks(
                    .badRequest, "INVALID_PARAMETER_VALUE", "lifetime must be between 1s and \(Int(longest))s."))
        }
        return seconds
    }
}

/// A secret as Databricks shows it; with its value only when it is made.
private struct DatabricksSecret: Encodable {
    let id: String
    let secret: String?
    let secretHash: String
    let status: String
    let createTime: String
    let updateTime: String
    let expireTime: String

    init(_ secret: ClientSecret, began: Date, value: String? = nil) {
        id = secret.keyId
        self.secret = value
        secretHash = SHA256.hash(data: [UInt8](secret.value.utf8)).map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
        status = secret.revoked ? "INACTIVE" : "ACTIVE"
        createTime = (secret.start ?? began).ISO8601Format()
        updateTime = createTime
        expireTime = (secret.end ?? (secret.start ?? began) + NewSecret.longest).ISO8601Format()
    }
}

private struct SecretList: Encodable {
    let secrets: [DatabricksSecret]
}
