internal import FoundationEssentials
internal import HTTPTypes

/// The OAuth secrets of a service principal that Databricks manages (wire reference, 8.4). They have no names.
struct DatabricksSecrets: CredentialRegistry {
    let databricks: RegistryClient
    let clientID: String
    /// Of a service principal of an account; nil for one of a workspace.
    let account: String?
    /// Whether it is the service principal itself that asks.
    let isSelf: Bool

    /// Secrets of one service principal.
    private static let most = 5
    private static let longestList = 20

    private struct Page: Decodable {
        struct Secret: Decodable {
            let id: String
            let create_time: String?
            let expire_time: String?
            let status: String?
        }
        let secrets: [Secret]?
        let next_page_token: String?
    }

    private struct Principals: Decodable {
        struct Principal: Decodable {
            let id: String
        }
        let Resources: [Principal]?
    }

    private struct Answer: Decodable {
        let id: String
        let expire_time: String?
    }

    func list() async throws(VaultError) -> RegisteredCredentials {
        let path = try await path()
        var found: [RegisteredCredential] = []
        var next = ""
        for _ in 0..<Self.longestList {
            let page: RegistryClient.Document<Page>
            do throws(VaultError) {
                page = try await databricks.read(Page.self, path + next)
            } catch { throw explained(error) }
            found += (page.value.secrets ?? []).map { secret in
                RegisteredCredential(
                    keyID: secret.id, startsAt: GraphTime.date(secret.create_time),
                    expiresAt: GraphTime.date(secret.expire_time))
            }
            guard let token = page.value.next_page_token, !token.isEmpty else {
                return RegisteredCredentials(credentials: found, limit: Self.most, clockLead: page.clockLead)
            }
            let encoded = FormBody.encoded(SecretBytes(copyingText: token)).array()
            next = "?page_token=" + String(decoding: encoded, as: UTF8.self)
        }
        throw databricks.notUnderstood("a list without an end")
    }

    func add(_ new: NewCredential) async throws(RegistryError) -> MadeCredential {
        let path: String
        do {
            path = try await self.path()
        } catch { throw RegistryError(error, isWithoutEffect: true) }
        let seconds = Int(new.expiresAt.timeIntervalSince(databricks.client.clock.now()).rounded())
        let body = Array("{\"lifetime\":\"\(seconds)s\"}".utf8)
        let exchange: RetryingClient.Exchange
        do throws(RegistryError) {
            exchange = try databricks.succeeded(try await databricks.send(.post, path, body))
        } catch {
            throw RegistryError(explained(error.error), isWithoutEffect: error.isWithoutEffect)
        }
        return try MadeCredential(exchange, secretKey: "secret", from: databricks, as: Answer.self) {
            ($0.id, GraphTime.date($0.expire_time))
        }
    }

    func remove(_ keyID: String) async throws(VaultError) -> Bool {
        // The id becomes part of an address.
        guard keyID.utf8.allSatisfy({ $0 != UInt8(ascii: "/") && (0x21...0x7e).contains($0) }),
            !keyID.contains("?"), !keyID.contains("#"), !keyID.contains("%"), keyID != ".", keyID != ".."
        else { throw VaultError(.usage, "that is not the id of a secret of Databricks") }
        let path = try await path() + "/" + keyID
        do throws(RegistryError) {
            _ = try databricks.succeeded(try await databricks.send(.delete, path))
            return true
        } catch {
            if error.error.isMissingCredential { return false }
            throw explained(error.error)
        }
    }

    // MARK: Where

    /// Below which the secrets lie: by the number of the service principal, not by its client id.
    private func path() async throws(VaultError) -> String {
        let id = try await number()
        let root = account.map { "/api/2.0/accounts/\($0)" } ?? "/api/2.0/accounts"
        return "\(root)/servicePrincipals/\(id)/credentials/secrets"
    }

    private func number() async throws(VaultError) -> String {
        let id: String?
        do throws(VaultError) {
            if isSelf, account == nil {
                id = try await databricks.read(Principals.Principal.self, "/api/2.0/preview/scim/v2/Me").value.id
            } else {
                let root = account.map { "/api/2.0/accounts/\($0)/scim/v2" } ?? "/api/2.0/preview/scim/v2"
                guard TenantName.isGUID(clientID) else {
                    throw VaultError(.usage, "the client id is not a GUID, so that no service principal is found by it")
                }
                let filter = "?filter=applicationId%20eq%20%22\(clientID)%22"
                id = try await databricks.read(Principals.self, root + "/ServicePrincipals" + filter).value.Resources?
                    .first?.id
            }
        } catch { throw explained(error) }
        guard let id else {
            throw VaultError(
                .refused, "\(databricks.peer) knows no service principal with that client id, or does not show it",
                hint: "check --client-id, or name a profile that manages it: --using NAME")
        }
        guard !id.isEmpty, id.utf8.count <= 32, id.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw databricks.notUnderstood("a service principal without a number")
        }
        return id
    }

    private func explained(_ error: VaultError) -> VaultError {
        guard error.code == .refused, let code = error.refusal?.error else { return error }
        let (message, hint): (String?, String?) =
            switch code {
            case "PERMISSION_DENIED":
                (
                    "the service principal whose token was used may not manage the secrets",
                    "have an administrator make it a manager of the service principal, "
                        + "or name a profile that is one: --using NAME"
                )
            case "RESOURCE_DOES_NOT_EXIST":
                ("there is no such service principal any more", "check --client-id and --workspace or --account")
            case "RESOURCE_LIMIT_EXCEEDED", "QUOTA_EXCEEDED":
                (
                    "the service principal has as many secrets as it may",
                    "vaultctl rotate NAME --dry-run lists them; --retire KEYID removes one that nobody needs"
                )
            default: (nil, nil)
            }
        guard let message else { return error }
        return VaultError(error.code, "\(databricks.peer) refused: \(message)", hint: hint, refusal: error.refusal)
    }
}
