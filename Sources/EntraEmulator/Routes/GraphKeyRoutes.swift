import FoundationEssentials
import HTTPTypes

/// `addKey`, `removeKey` and the list of keys as a whole, of Microsoft Graph (wire.md 8.1).
enum GraphKeyRoutes {
    static let all =
        Route.ofApplication("graph-add-key", .post, "/addKey") { emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(withKeysAt: path, for: call)
            return try emulator.addKey(to: application, call)
        }
        + Route.ofApplication("graph-remove-key", .post, "/removeKey") { emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(withKeysAt: path, for: call)
            return try emulator.removeKey(from: application, call)
        }
        + Route.ofApplication("graph-patch", .patch) { emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(at: path, for: call)
            guard call.mayWrite(application) else { throw call.denied }
            return try emulator.replaceKeys(of: application, call)
        }
}

extension EntraEmulator {
    /// The application that the path names, if the caller may roll its keys: its own without any permission.
    fileprivate func application(withKeysAt path: [String: String], for call: GraphCall) throws(Refusal) -> Application
    {
        let own = call.tenant.application(call.clientId)
        if let own,
            own.objectId.lowercased() == path["id"]?.lowercased()
                || own.clientId.lowercased() == path["client"]?.lowercased()
        {
            return own
        }
        let application = try application(at: path, for: call)
        guard call.mayWrite(application) else { throw call.denied }
        return application
    }

    fileprivate func addKey(to application: Application, _ call: GraphCall) throws(Refusal) -> EmulatorResponse {
        let asked = try call.json(NewKey.self)
        try check(proof: asked.proof, of: application, call)
        var certificate = try newCertificate(asked.keyCredential, for: application, call)
        try checkSize(of: application, call)
        certificate.life = Lifespan(added: now)
        let added = certificate
        _ = directory.change(application: application.clientId, of: call.tenant.id) { $0.certificates.append(added) }
        return .json(GraphKey(added))
    }

    fileprivate func removeKey(from application: Application, _ call: GraphCall) throws(Refusal) -> EmulatorResponse {
        let asked = try call.json(OldKey.self)
        try check(proof: asked.proof, of: application, call)
        let index = application.certificates.firstIndex {
            $0.keyId.lowercased() == asked.keyId.lowercased() && $0.life.removed == nil
                && isShown($0, in: call.tenant)
        }
        guard let index else { throw call.badRequest("No credentials found to be removed.") }
        let removed = now
        _ = directory.change(application: application.clientId, of: call.tenant.id) {
            $0.certificates[index].life.removed = removed
        }
        return EmulatorResponse(status: .noContent)
    }

    /// Takes the list as the whole of the application's keys. One without a certificate is one that is there already.
    fileprivate func replaceKeys(of application: Application, _ call: GraphCall) throws(Refusal) -> EmulatorResponse {
        guard let list = try call.json(Changes.self).keyCredentials else { return EmulatorResponse(status: .noContent) }
        let live = application.certificates.filter { $0.life.removed == nil }
        var kept: Set<String> = []
        var added: [ApplicationCertificate] = []
        for item in list {
            let known = live.first { certificate in
                item.keyId.map { $0.lowercased() == certificate.keyId.lowercased() }
                    ?? (item.key == nil && item.customKeyIdentifier == certificate.customKeyIdentifier)
            }
            if let known {
                kept.insert(known.keyId)
            } else {
                var certificate = try newCertificate(item, for: application, call)
                certificate.life = Lifespan(added: now)
                added.append(certificate)
            }
        }
        guard kept.count + added.count <= Self.credentialLimit else {
            throw call.badRequest("The size of the object has exceeded its limit.")
        }
        let time = now
        let (stay, new) = (kept, added)
        _ = directory.change(application: application.clientId, of: call.tenant.id) { application in
            for index in application.certificates.indices
            where application.certificates[index].life.removed == nil
                && !stay.contains(application.certificates[index].keyId)
            {
                application.certificates[index].life.removed = time
            }
            application.certificates += new
        }
        return EmulatorResponse(status: .noContent)
    }

    /// The certificate that a client hands in, if it is one and the policy allows it.
    private func newCertificate(
        _ asked: GraphKey, for application: Application, _ call: GraphCall
    ) throws(Refusal) -> ApplicationCertificate {
        guard asked.type == GraphKey.certificate, asked.usage == GraphKey.verify else {
            throw call.badRequest("New keys must be of the type AsymmetricX509Cert and the usage Verify.")
        }
        let certificate: ApplicationCertificate
        do {
            certificate = try ApplicationCertificate(
                der: asked.key.flatMap { Data(base64Encoded: $0) } ?? Data(), keyId: asked.keyId,
                displayName: asked.displayName ?? "")
        } catch {
            throw call.badRequest("Key credential has invalid value: \(error)")
        }
        guard certificate.notAfter > call.request.time else {
            throw call.refusal(.badRequest, "KeyCredentialsInvalidEndDate", "Key credential end date is invalid.")
        }
        try check(
            application.keyPolicy ?? call.tenant.keyPolicy, from: certificate.notBefore, to: certificate.notAfter, call)
        return certificate
    }
}

private struct NewKey: Decodable {
    let keyCredential: GraphKey
    let proof: String?
}

private struct OldKey: Decodable {
    let keyId: String
    let proof: String?
}

private struct Changes: Decodable {
    let keyCredentials: [GraphKey]?
}
