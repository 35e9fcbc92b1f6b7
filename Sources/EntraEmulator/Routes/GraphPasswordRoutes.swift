import FoundationEssentials
import HTTPTypes

/// `addPassword` and `removePassword` of Microsoft Graph (wire.md 8.1).
enum GraphPasswordRoutes {
    static let all =
        Route.ofApplication("graph-add-password", .post, "/addPassword") { emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(at: path, for: call)
            guard call.mayWrite(application) else { throw call.denied }
            return try emulator.addPassword(to: application, call)
        }
        + Route.ofApplication("graph-remove-password", .post, "/removePassword") {
            emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(at: path, for: call)
            guard call.mayWrite(application) else { throw call.denied }
            return try emulator.removePassword(from: application, call)
        }
}

extension EntraEmulator {
    /// How many credentials one application holds; the vendor's number is about this (wire.md 8.1).
    static let credentialLimit = 1000

    /// Two years, which a credential lives when nobody says how long.
    private static let usualLife = 730.0 * 86_400

    fileprivate func addPassword(to application: Application, _ call: GraphCall) throws(Refusal) -> EmulatorResponse {
        let asked = try call.json(NewPassword.self).passwordCredential
        let start = asked?.startDateTime?.date ?? call.request.time
        let end = asked?.endDateTime?.date ?? start + Self.usualLife
        guard start < end else {
            throw call.badRequest(
                "Invalid value specified for property 'endDateTime' of resource 'PasswordCredential'.")
        }
        try check(application.passwordPolicy ?? call.tenant.passwordPolicy, from: start, to: end, call)
        let live = application.secrets.count { $0.life.removed == nil }
        if let limit = application.passwordLimit, live >= limit {
            throw call.refusal(
                .badRequest, "TooManyAppPasswords",
                "The application already has the maximum number of \(limit) password credentials.")
        }
        try checkSize(of: application, call)

        var secret = ClientSecret(
            value: ClientSecret.randomValue(), displayName: asked?.displayName ?? "", start: start, end: end)
        secret.life = Lifespan(added: now)
        _ = directory.change(application: application.clientId, of: call.tenant.id) { $0.secrets.append(secret) }
        return .json(GraphPassword(secret, began: began, value: secret.value))
    }

    fileprivate func removePassword(
        from application: Application, _ call: GraphCall
    ) throws(Refusal) -> EmulatorResponse {
        let keyId = try call.json(OldCredential.self).keyId.lowercased()
        // A write goes by what Graph's replica knows: a secret that it does not show yet it cannot remove either.
        let index = application.secrets.firstIndex {
            $0.keyId.lowercased() == keyId && $0.life.removed == nil && isShown($0, in: call.tenant)
        }
        guard let index else { throw call.badRequest("No password credential found with keyId.") }
        let removed = now
        _ = directory.change(application: application.clientId, of: call.tenant.id) {
            $0.secrets[index].life.removed = removed
        }
        return EmulatorResponse(status: .noContent)
    }

    /// Refuses a credential that `policy` forbids.
    func check(
        _ policy: CredentialPolicy?, from start: Date, to end: Date, _ call: GraphCall
    ) throws(Refusal) {
        guard let policy else { return }
        guard !policy.forbidden else {
            throw call.refusal(
                .badRequest, "CredentialTypeNotAllowedAsPerAppPolicy",
                "Credential type not allowed as per assigned policy '\(policy.id)'.")
        }
        if let longest = policy.maxLifetime, end.timeIntervalSince(start) > longest.seconds {
            throw call.refusal(
                .badRequest, "CredentialInvalidLifetimeAsPerAppPolicy",
                "Credential lifetime exceeds the max value allowed as per assigned policy '\(policy.id)'.")
        }
    }

    /// Refuses another credential for an application that is full.
    func checkSize(of application: Application, _ call: GraphCall) throws(Refusal) {
        let count =
            application.secrets.count { $0.life.removed == nil }
            + application.certificates.count { $0.life.removed == nil }
        guard count < Self.credentialLimit else {
            throw call.badRequest(
                "The size of the object has exceeded its limit. Please reduce the number of values and retry your "
                    + "request.")
        }
    }
}

private struct NewPassword: Decodable {
    let passwordCredential: GraphPassword?
}

private struct OldCredential: Decodable {
    let keyId: String
}
