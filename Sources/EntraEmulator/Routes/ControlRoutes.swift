import FoundationEssentials
import HTTPTypes

/// The emulator's own routes: what was asked of it, what is to go wrong, and how the directory changes.
enum ControlRoutes {
    static let all = [
        Route(Route.control, .get, "/healthz") { _, _, _ throws(Refusal) in .json(["status": "ok"]) },
        Route(Route.control, .get, "/emulator/requests") { emulator, _, _ throws(Refusal) in
            .json(emulator.requests)
        },
        Route(Route.control, .delete, "/emulator/requests") { emulator, _, _ throws(Refusal) in
            emulator.forgetRequests()
            return .json(emulator.requests)
        },
        Route(Route.control, .get, "/emulator/faults") { emulator, _, _ throws(Refusal) in
            .json(["faults": emulator.faults])
        },
        Route(Route.control, .post, "/emulator/faults") { emulator, request, _ throws(Refusal) in
            let fault = try request.json(Fault.self)
            try emulator.check(fault)
            emulator.inject(fault)
            return .json(["faults": emulator.faults], status: .created)
        },
        Route(Route.control, .delete, "/emulator/faults") { emulator, _, _ throws(Refusal) in
            emulator.clearFaults()
            return .json(["faults": emulator.faults])
        },
        Route(Route.control, .post, "/emulator/settings") { emulator, request, _ throws(Refusal) in
            let settings = try request.json(Settings.self)
            if let seconds = settings.tokenLifetime { emulator.setTokenLifetime(seconds) }
            if let replication = settings.replication { emulator.setReplication(replication) }
            if let seed = settings.seed { emulator.setSeed(seed) }
            return .json(settings)
        },
        Route(Route.control, .get, "/emulator/applications/{client}") { emulator, _, path throws(Refusal) in
            guard let credentials = emulator.credentials(of: path["client"] ?? "") else { throw missing }
            return .json(credentials)
        },
        Route(Route.control, .delete, "/emulator/applications/{client}") { emulator, _, path throws(Refusal) in
            try found(emulator.remove(application: path["client"] ?? ""))
            return EmulatorResponse(status: .noContent)
        },
        Route(Route.control, .get, "/emulator/databricks/{client}") { emulator, _, path throws(Refusal) in
            guard let secrets = emulator.databricksSecrets(of: path["client"] ?? "") else { throw missing }
            return .json(["secrets": secrets])
        },
        Route(Route.control, .post, "/emulator/applications/{client}/secrets") {
            emulator, request, path throws(Refusal) in
            let asked = try request.json(NewSecret.self)
            let secret = ClientSecret(
                value: asked.value ?? ClientSecret.randomValue(), keyId: asked.keyId,
                displayName: asked.displayName ?? "", start: asked.start, end: asked.expires
            )
            try found(emulator.add(secret, to: path["client"] ?? ""))
            return .json(secret, status: .created)
        },
        Route(Route.control, .delete, "/emulator/applications/{client}/secrets/{key}") {
            emulator, _, path throws(Refusal) in
            let key = path["key"] ?? ""
            try found(emulator.revokeSecrets(of: path["client"] ?? "", keyId: key == "all" ? nil : key))
            return EmulatorResponse(status: .noContent)
        },
        Route(Route.control, .post, "/emulator/applications/{client}/certificates") {
            emulator, request, path throws(Refusal) in
            try found(emulator.add(try request.json(NewCertificate.self).pem, to: path["client"] ?? ""))
            return EmulatorResponse(status: .noContent)
        },
        Route(Route.control, .delete, "/emulator/applications/{client}/certificates") {
            emulator, _, path throws(Refusal) in
            try found(emulator.removeCertificates(of: path["client"] ?? ""))
            return EmulatorResponse(status: .noContent)
        },
        Route(Route.control, .post, "/emulator/applications/{client}/disable") { emulator, _, path throws(Refusal) in
            try found(emulator.setEnabled(false, application: path["client"] ?? ""))
            return EmulatorResponse(status: .noContent)
        },
        Route(Route.control, .post, "/emulator/applications/{client}/enable") { emulator, _, path throws(Refusal) in
            try found(emulator.setEnabled(true, application: path["client"] ?? ""))
            return EmulatorResponse(status: .noContent)
        },
    ]

    private static func found(_ found: Bool) throws(Refusal) {
        guard found else { throw missing }
    }

    private static var missing: Refusal {
        Refusal(.control(.notFound, "the directory has no such application or secret"))
    }

    private struct Settings: Codable {
        /// Seconds.
        let tokenLifetime: Int?
        /// Of all tenants.
        let replication: Replication?
        /// Of the faults that strike by chance.
        let seed: UInt64?
    }

    private struct NewCertificate: Decodable {
        let pem: ApplicationCertificate
    }

    private struct NewSecret: Decodable {
        /// Made up when left out; the answer has it.
        let value: String?
        let keyId: String?
        let displayName: String?
        let start: Date?
        let expires: Date?
    }
}

extension EntraEmulator {
    /// Refuses a fault that would never strike, which a misspelt path makes it.
    fileprivate func check(_ fault: Fault) throws(Refusal) {
        let names = Set(Self.routes.map(\.name)).subtracting([Route.control])
        guard fault.path == "any" || fault.path.hasPrefix("/") || names.contains(fault.path) else {
            let known = names.sorted().joined(separator: ", ")
            throw Refusal(.control(.badRequest, "path is any, the beginning of a path, or one of \(known)"))
        }
        guard (0...1).contains(fault.probability ?? 1) else {
            throw Refusal(.control(.badRequest, "probability lies between 0 and 1"))
        }
    }
}
