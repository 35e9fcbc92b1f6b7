internal import FoundationEssentials
internal import HTTPTypes

/// A service principal's application at Microsoft Graph (wire reference, 8.1).
struct GraphApplication: Sendable {
    let graph: RegistryClient
    /// `(appId='…')`, by which the application is addressed without asking for its object id first.
    private let address: String

    /// - Throws: code `usage` for a client id that is no GUID: it becomes part of an address.
    init(_ graph: RegistryClient, clientID: String) throws(VaultError) {
        guard TenantName.isGUID(clientID) else {
            throw VaultError(.usage, "the client id is not a GUID, so that no application can be found by it")
        }
        self.graph = graph
        address = "/v1.0/applications(appId='\(clientID.lowercased())')"
    }

    struct Description: Decodable, Sendable {
        let id: String
        let signInAudience: String?
        let passwordCredentials: [Password]?
        let keyCredentials: [Key]?
    }

    struct Password: Decodable, Sendable {
        let keyId: String
        let displayName: String?
        let startDateTime: String?
        let endDateTime: String?
        let hint: String?

        var credential: RegisteredCredential {
            RegisteredCredential(
                keyID: keyId, name: displayName.map { ShownText.cleaned($0, limit: 200) },
                startsAt: GraphTime.date(startDateTime), expiresAt: GraphTime.date(endDateTime),
                hint: hint.map { ShownText.cleaned($0, limit: 8) })
        }
    }

    struct Key: Decodable, Sendable {
        let keyId: String
        let displayName: String?
        let startDateTime: String?
        let endDateTime: String?
        let customKeyIdentifier: String?
    }

    func read() async throws(VaultError) -> RegistryClient.Document<Description> {
        let path = address + "?$select=id,appId,signInAudience,passwordCredentials,keyCredentials"
        do throws(VaultError) {
            let document = try await graph.read(Description.self, path)
            guard TenantName.isGUID(document.value.id) else {
                throw graph.notUnderstood("an application without an id")
            }
            return document
        } catch { throw await explained(error) }
    }

    /// - Parameter path: such as `/addPassword`.
    func post(_ path: String, _ body: some Encodable) async throws(RegistryError) -> RetryingClient.Exchange {
        let bytes: [UInt8]
        do {
            bytes = Array(try JSONEncoder().encode(body))
        } catch {
            throw RegistryError(
                VaultError(.internalError, "a request to \(graph.peer) cannot be written"), isWithoutEffect: true)
        }
        do throws(RegistryError) {
            return try graph.succeeded(try await graph.send(.post, address + path, bytes))
        } catch {
            throw RegistryError(await explained(error.error), isWithoutEffect: error.isWithoutEffect)
        }
    }

    // MARK: What a refusal means

    /// The error, with what to do about it.
    private func explained(_ error: VaultError) async -> VaultError {
        guard let code = error.refusal?.error else { return error }
        let (message, hint): (String?, String?) =
            switch code {
            case "Authorization_RequestDenied": await explainedDenial()
            case "Request_ResourceNotFound", "ResourceNotFound":
                (
                    "there is no such application in the tenant any more, or not yet",
                    "check --client-id and --tenant; one that was deleted lies in the directory's recycle bin for 30 days"
                )
            case "CredentialInvalidLifetimeAsPerAppPolicy": await explainedLifetime()
            case "CredentialTypeNotAllowedAsPerAppPolicy":
                (
                    "a policy of the tenant forbids credentials of this kind for the application",
                    "ask its administrator, or use a certificate or a federated credential"
                )
            case "TooManyAppPasswords":
                (
                    "the application has as many secrets as it may",
                    "vaultctl rotate NAME --dry-run lists them; --retire KEYID removes one that nobody needs"
                )
            default: (nil, nil)
            }
        guard let message else { return error }
        return VaultError(error.code, "\(graph.peer) refused: \(message)", hint: hint, refusal: error.refusal)
    }

    /// Graph says the same to whoever has no permission and to whoever is no owner; the token tells which it is.
    private func explainedDenial() async -> (String?, String?) {
        let own =
            "make the service principal an owner of its own application, or name a profile that owns it: --using NAME"
        let roles: [String]
        do {
            roles = TokenRoles.read(from: try await graph.token(false).bytes)
        } catch {
            // It was there a moment ago; without it there is less to tell.
            roles = []
        }
        if roles.contains("Application.ReadWrite.OwnedBy") {
            return ("the service principal whose token was used is not an owner of the application", own)
        }
        return (
            "the service principal whose token was used has no permission to manage the application",
            "have an administrator grant it Application.ReadWrite.OwnedBy; then \(own)"
        )
    }

    private func explainedLifetime() async -> (String?, String?) {
        guard let cap = await lifetimeCap() else {
            return (
                "a policy of the tenant caps the lifetime of credentials",
                "ask for less, for example: vaultctl rotate NAME --lifetime 90d"
            )
        }
        let days = Int(cap / 86400)
        guard days > 0 else { return ("a policy of the tenant allows credentials of less than a day", nil) }
        return (
            "a policy of the tenant caps the lifetime of credentials at \(days) days",
            "vaultctl rotate NAME --lifetime \(days)d"
        )
    }

    /// The shortest lifetime that a policy of the application or of the tenant allows, in seconds.
    ///
    /// - Returns: nil when the token may not read policies, or none has a cap.
    private func lifetimeCap() async -> TimeInterval? {
        var restrictions: [GraphPolicy.Restriction] = []
        do throws(VaultError) {
            let own = try await graph.read(GraphPolicy.List.self, address + "/appManagementPolicies")
            restrictions += own.value.value.flatMap { $0.restrictions?.all ?? [] }
        } catch {
            // To read policies takes a permission of its own; the refusal is told without the number then.
        }
        do throws(VaultError) {
            let tenant = try await graph.read(GraphPolicy.self, "/v1.0/policies/defaultAppManagementPolicy")
            restrictions += tenant.value.applicationRestrictions?.all ?? []
        } catch {
            // The same.
        }
        return restrictions.compactMap(\.cap).min()
    }
}
