internal import FoundationEssentials
internal import HTTPTypes

/// The certificates of an application at Microsoft Graph. They go by their SHA-1 thumbprint, as the portal shows it.
struct GraphKeys: CredentialRegistry {
    let application: GraphApplication
    /// A certificate that the application has now, with its key: adding and removing takes a proof made with it.
    let signer: ClientCertificate
    let form: AssertionForm

    /// Who the proof is for (wire reference, 8.1).
    private static let proofAudience = "00000002-0000-0000-c000-000000000000"

    func list() async throws(VaultError) -> RegisteredCredentials {
        let document = try await application.read()
        let keys = document.value.keyCredentials ?? []
        return RegisteredCredentials(
            credentials: keys.map { key in
                RegisteredCredential(
                    keyID: Self.thumbprint(of: key) ?? key.keyId,
                    name: key.displayName.map { ShownText.cleaned($0, limit: 200) },
                    startsAt: GraphTime.date(key.startDateTime), expiresAt: GraphTime.date(key.endDateTime),
                    hint: key.keyId)
            }, limit: nil, clockLead: document.clockLead)
    }

    private struct Added: Encodable {
        struct Key: Encodable {
            let type = "AsymmetricX509Cert"
            let usage = "Verify"
            let displayName: String
            let key: String
        }
        let keyCredential: Key
        let proof: String
    }

    func add(_ new: NewCredential) async throws(RegistryError) -> MadeCredential {
        guard let certificate = new.certificate else {
            throw RegistryError(
                VaultError(.internalError, "a certificate that is to be registered is missing"), isWithoutEffect: true)
        }
        let proof: String
        do {
            let description = try await application.read().value
            proof = try self.proof(for: description.id)
        } catch { throw RegistryError(error, isWithoutEffect: true) }
        let key = Added.Key(
            displayName: new.marker, key: Data(certificate.chain[0]).base64EncodedString())
        _ = try await application.post("/addKey", Added(keyCredential: key, proof: proof))
        return MadeCredential(keyID: certificate.thumbprint, expiresAt: certificate.expiresAt, secret: nil)
    }

    func remove(_ keyID: String) async throws(VaultError) -> Bool {
        let description = try await application.read().value
        let wanted = keyID.lowercased()
        let key = description.keyCredentials?.first { key in
            key.keyId.lowercased() == wanted || Self.thumbprint(of: key)?.lowercased() == wanted
        }
        guard let key else { return false }
        do {
            let proof = try proof(for: description.id)
            _ = try await application.post("/removeKey", ["keyId": key.keyId, "proof": proof])
            return true
        } catch let error as RegistryError {
            if error.error.isMissingCredential { return false }
            throw error.error
        } catch let error as VaultError {
            throw error
        } catch {
            throw VaultError(.internalError, "a removal failed in a way that is not known")
        }
    }

    /// A JWT that only who has the key of a current certificate can make. It is of use for ten minutes, to one application.
    private func proof(for objectID: String) throws(VaultError) -> String {
        let assertion = ClientAssertion(
            clientID: objectID, audience: Self.proofAudience, form: form, time: application.graph.client.clock.now())
        return try assertion.signed(with: signer).withBytes { String(decoding: $0.array, as: UTF8.self) }
    }

    /// Graph has written it in hexadecimal and in Base64.
    private static func thumbprint(of key: GraphApplication.Key) -> String? {
        guard let text = key.customKeyIdentifier else { return nil }
        if text.utf8.count == 40, text.allSatisfy(\.isHexDigit) { return text.uppercased() }
        guard let data = Data(base64Encoded: text), data.count == 20 else { return nil }
        return Array(data).hexadecimal.uppercased()
    }
}
