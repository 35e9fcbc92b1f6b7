internal import FoundationEssentials
internal import HTTPTypes

/// The client secrets of an application at Microsoft Graph.
struct GraphPasswords: CredentialRegistry {
    let application: GraphApplication

    /// Of an application that personal accounts may use (wire reference, 8.1).
    private static let fewest = 2
    private static let personal: Set<String> = ["AzureADandPersonalMicrosoftAccount", "PersonalMicrosoftAccount"]

    func list() async throws(VaultError) -> RegisteredCredentials {
        let document = try await application.read()
        let isPersonal = document.value.signInAudience.map(Self.personal.contains) ?? false
        return RegisteredCredentials(
            credentials: (document.value.passwordCredentials ?? []).map(\.credential),
            limit: isPersonal ? Self.fewest : nil, clockLead: document.clockLead)
    }

    private struct Added: Encodable {
        struct Password: Encodable {
            let displayName: String
            let endDateTime: String
        }
        let passwordCredential: Password
    }

    private struct Answer: Decodable {
        let keyId: String
        let endDateTime: String?
    }

    func add(_ new: NewCredential) async throws(RegistryError) -> MadeCredential {
        let body = Added(
            passwordCredential: .init(displayName: new.marker, endDateTime: GraphTime.text(new.expiresAt)))
        let exchange = try await application.post("/addPassword", body)
        return try MadeCredential(
            exchange, secretKey: "secretText", from: application.graph, as: Answer.self
        ) { ($0.keyId, GraphTime.date($0.endDateTime)) }
    }

    func remove(_ keyID: String) async throws(VaultError) -> Bool {
        do {
            _ = try await application.post("/removePassword", ["keyId": keyID])
            return true
        } catch {
            if error.error.isMissingCredential { return false }
            throw error.error
        }
    }
}

extension MadeCredential {
    /// Reads the answer that holds a new secret. It was made, whatever is wrong with the answer.
    init<Answer: Decodable>(
        _ exchange: borrowing RetryingClient.Exchange, secretKey: String, from client: RegistryClient,
        as type: Answer.Type, _ details: (Answer) -> (keyID: String, expiresAt: Date?)
    ) throws(RegistryError) {
        do {
            let document = try BoundedJSON(exchange.answer.body, secretKey: secretKey)
            let (keyID, expiresAt) = details(try document.decode(type))
            guard let secret = document.secret?.copy(), !secret.isEmpty, secret.count <= 1024, !keyID.isEmpty,
                keyID.utf8.count <= 128
            else { throw BoundedJSON.Refusal.notAToken }
            self.init(keyID: keyID, expiresAt: expiresAt, secret: secret)
        } catch let refusal as BoundedJSON.Refusal {
            throw RegistryError(client.notUnderstood(refusal.description), isWithoutEffect: false)
        } catch {
            throw RegistryError(client.notUnderstood("something else"), isWithoutEffect: false)
        }
    }
}

extension VaultError {
    /// Whether a removal found nothing to remove. Graph has no code of its own for it (wire reference, 8.1).
    var isMissingCredential: Bool {
        guard code == .refused else { return false }
        let text = message.lowercased()
        return text.contains("no password credential found") || text.contains("no key credential found")
            || text.contains("no credentials found") || refusal?.error == "RESOURCE_DOES_NOT_EXIST"
            || refusal?.error == "Request_ResourceNotFound"
    }
}
