import FoundationEssentials
import HTTPTypes

/// Reading applications from Microsoft Graph (wire.md 8.1).
enum GraphApplicationRoutes {
    static let all =
        [
            Route("graph-application", .get, "/v1.0/applications") { emulator, request, _ throws(Refusal) in
                let call = try await emulator.graphCall(request)
                return .json(
                    GraphList(value: try emulator.applications(for: call).map { emulator.shown($0, to: call) }))
            }
        ]
        + Route.ofApplication("graph-application", .get) { emulator, request, path throws(Refusal) in
            let call = try await emulator.graphCall(request)
            let application = try emulator.application(at: path, for: call)
            guard call.mayRead(application) else { throw call.denied }
            return .json(emulator.shown(application, to: call))
        }
}

extension Route {
    /// What can be asked of one application, under both of its addresses: by its object id and by its client id.
    static func ofApplication(
        _ name: String, _ method: HTTPRequest.Method, _ rest: String = "", answer: @escaping Answer
    ) -> [Route] {
        ["/v1.0/applications/{id}", "/v1.0/applications(appId='{client}')"].map {
            Route(name, method, $0 + rest, answer: answer)
        }
    }
}

extension EntraEmulator {
    /// The application that the path names, in the tenant of the caller.
    func application(at path: [String: String], for call: GraphCall) throws(Refusal) -> Application {
        let id = path["id"] ?? path["client"] ?? ""
        let found = call.tenant.applications.first { application in
            (path["id"] == nil ? application.clientId : application.objectId).lowercased() == id.lowercased()
        }
        guard let found else { throw call.mayTouchSome ? call.notFound(id) : call.denied }
        return found
    }

    /// The applications that the query asks for: all, or those of one client id.
    fileprivate func applications(for call: GraphCall) throws(Refusal) -> [Application] {
        guard call.mayTouchSome else { throw call.denied }
        guard let filter = call.request.query["$filter"] else {
            guard call.mayReadAll else { throw call.denied }
            return call.tenant.applications
        }
        guard let client = Self.comparand(of: filter, "appId", quote: "'") else {
            throw call.refusal(.badRequest, "Request_UnsupportedQuery", "Unsupported or invalid query filter clause.")
        }
        let found = call.tenant.applications.filter { $0.clientId.lowercased() == client.lowercased() }
        guard found.allSatisfy(call.mayRead) else { throw call.denied }
        return found
    }

    /// What a filter compares `property` to, when that is all it does: `appId eq '…'`.
    static func comparand(of filter: String, _ property: String, quote: Character) -> String? {
        let words = filter.split(separator: " ")
        guard words.count == 3, words[0] == property, words[1] == "eq", words[2].count > 2,
            words[2].first == quote, words[2].last == quote
        else { return nil }
        return String(words[2].dropFirst().dropLast())
    }

    /// `application` with the credentials that Graph's replica knows.
    fileprivate func shown(_ application: Application, to call: GraphCall) -> GraphApplication {
        GraphApplication(
            id: application.objectId, appId: application.clientId, displayName: application.displayName,
            signInAudience: application.signInAudience,
            passwordCredentials: application.secrets.filter { isShown($0, in: call.tenant) }
                .map { GraphPassword($0, began: began) },
            keyCredentials: application.certificates.filter { isShown($0, in: call.tenant) }.map(GraphKey.init)
        )
    }
}
