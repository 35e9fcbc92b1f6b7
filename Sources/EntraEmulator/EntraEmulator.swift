public import FoundationEssentials
public import HTTPTypes

/// The identity platform as a value: a directory, a signing key, faults, and an answer to every request.
///
/// It answers in memory through ``respond(to:body:)``; `entra-emulator` puts it behind a TLS socket. What it doubles:
/// the token endpoints v1 and v2, for secrets, certificates and federated credentials; external issuers to federate
/// with; discovery; the subscriptions and Databricks workspaces of Resource Manager; the sign-in redirect of a
/// workspace, the OAuth of workspaces and Databricks accounts, a workspace's answer to who one is, and what rotates
/// credentials: the applications of Microsoft Graph and the secrets of Databricks' service principals. What it leaves
/// out: all else of Graph, and of a workspace's APIs. Whatever path names a tenant is served on every host, and so is
/// Graph.
public actor EntraEmulator {
    /// The address that documents and tokens name, without a slash at its end: `https://localhost:8443`.
    public private(set) var base: String
    public internal(set) var directory: Directory
    /// What was asked so far.
    public internal(set) var requests = RecordedRequests()

    let signingKey: SigningKey
    var activeFaults = ActiveFaults()
    /// How often replicas answered in turn for a credential, by its key id.
    var replicaTurns: [String: Int] = [:]
    /// When the emulator began, which is what it shows as the beginning of a credential that names none.
    let began: Date
    private let clock: @Sendable () -> Date
    private let observe: (@Sendable (RecordedRequest) -> Void)?

    /// All routes. A new family of them is a file under `Routes/` and a term here.
    static let routes =
        TokenRoutes.all + DiscoveryRoutes.all + ExternalIssuerRoutes.all + WorkspaceRoutes.all + DatabricksRoutes.all
        + WorkspaceAPIRoutes.all + DatabricksSecretRoutes.all + ResourceManagerRoutes.all + GraphApplicationRoutes.all
        + GraphPasswordRoutes.all + GraphKeyRoutes.all + GraphPolicyRoutes.all + ControlRoutes.all

    /// - Parameters:
    ///   - base: what documents and tokens name as the authority.
    ///   - signingKey: signs the tokens; left out, the one that all emulators of this process share.
    ///   - clock: tells the time, so that a test can let it pass.
    ///   - observe: is told of every request that is recorded.
    /// - Throws: what making a key throws; see ``SigningKey/init()``.
    public init(
        directory: Directory = .example,
        base: String = "https://login.microsoftonline.com",
        signingKey: SigningKey? = nil,
        clock: @escaping @Sendable () -> Date = { Date() },
        observe: (@Sendable (RecordedRequest) -> Void)? = nil
    ) async throws {
        self.directory = directory
        self.base = base
        if let signingKey {
            self.signingKey = signingKey
        } else {
            self.signingKey = try await .ofThisProcess()
        }
        self.clock = clock
        began = clock()
        self.observe = observe
    }

    /// Takes another address, once a socket knows its port.
    public func serve(at base: String) { self.base = base }

    /// Answers `request`, records it, and lets the faults that are set have their way.
    ///
    /// It never fails: what is wrong with a request is an answer. The delay and the ending of the answer are the
    /// caller's to carry out.
    public func respond(to request: HTTPRequest, body: [UInt8]) async -> EmulatorResponse {
        var request = EmulatorRequest(request, body: body, time: clock())
        let (route, values) = Self.route(for: request)
        guard route?.name != Route.control else {
            return finished(await answer(request, route, values), request)
        }

        let name = route?.name ?? "unknown"
        let skew = take([.clockSkew], name, request)
        if let skew { request.time += skew.seconds ?? 600 }
        let late = take(Fault.delays, name, request)
        let instead = take(Fault.instead, name, request)
        let spoiling = instead == nil ? take(Fault.afterwards, name, request) : nil

        let twice = instead == nil ? take([.duplicated], name, request) : nil

        var response: EmulatorResponse
        if let answer = instead?.answer() {
            response = answer
        } else {
            response = await answer(request, route, values)
            if twice != nil { _ = await answer(request, route, values) }
        }
        response.delay = late?.delay ?? .zero
        spoiling?.spoil(&response)
        let struck =
            [skew, late, instead, twice, spoiling].compactMap { $0?.name } + [response.fault].compactMap(\.self)
        record(request, route: name, response, faults: struck)
        return finished(response, request)
    }

    /// The tenant that a path names.
    func tenant(named name: String, discovery: Bool = false) throws(TokenError) -> Tenant {
        if let tenant = directory.tenant(named: name) { return tenant }
        // A name without a dot can be neither a domain nor, unless it is a GUID, a tenant's id.
        guard UUID(uuidString: name) != nil || name.contains(".") else {
            throw .malformedTenant(name, discovery: discovery)
        }
        throw .unknownTenant(name, discovery: discovery)
    }

    /// What the tokens of `tenant` name as their issuer. The real service says `https://sts.windows.net/…` for
    /// version 1; here both lie under ``base``, so that whoever resolves them finds the emulator's keys.
    func issuer(of tenant: Tenant, _ version: TokenVersion) -> String {
        switch version {
        case .v1: "\(base)/\(tenant.id)/"
        case .v2: "\(base)/\(tenant.id)/v2.0"
        }
    }

    /// Whether a fault keeps `secret` from being known yet.
    func isUnreplicated(_ secret: ClientSecret, for request: EmulatorRequest) -> Bool {
        let fault = activeFaults.take([.notYetReplicated], route: "token", path: request.path) { fault in
            fault.seconds.map { request.time.timeIntervalSince(secret.life.added) < $0 } ?? true
        }
        return fault != nil
    }

    /// The emulator's time, for what is added now.
    var now: Date { clock() }

    private static func route(for request: EmulatorRequest) -> (Route?, [String: String]) {
        for route in routes where route.method == request.method {
            if let values = route.match(request.segments) { return (route, values) }
        }
        return (nil, [:])
    }

    private func answer(
        _ request: EmulatorRequest, _ route: Route?, _ values: [String: String]
    ) async -> EmulatorResponse {
        guard let route else {
            let elsewhere = Self.routes.contains { $0.match(request.segments) != nil }
            return .control(elsewhere ? .methodNotAllowed : .notFound, "the emulator has no such route")
        }
        do {
            return try await route.answer(self, request, values)
        } catch {
            return error.response
        }
    }

    private func take(_ names: Set<Fault.Name>, _ route: String, _ request: EmulatorRequest) -> Fault? {
        activeFaults.take(names, route: route, path: request.path)
    }

    private func record(
        _ request: EmulatorRequest, route: String, _ response: EmulatorResponse, faults: [Fault.Name]
    ) {
        let form = request.method == .post ? request.form : Form([])
        let entry = RecordedRequest(
            method: request.method.rawValue, path: request.path, route: route,
            status: response.head.status.code,
            clientId: form["client_id"] ?? TokenRequest.basic(request.fields[.authorization])?.id,
            resource: form["resource"] ?? form["scope"], faults: faults
        )
        requests.append(entry)
        observe?(entry)
    }

    /// `response` with the fields that every answer has.
    private func finished(_ response: EmulatorResponse, _ request: EmulatorRequest) -> EmulatorResponse {
        var response = response
        response.head.headerFields[.date] = Timestamp.http(request.time)
        if let id = request.fields[.clientRequestId], request.fields[.returnClientRequestId]?.lowercased() == "true" {
            response.head.headerFields[.clientRequestId] = id
        }
        if case .bytes(let bytes) = response.content, response.head.status != .noContent {
            let promised = response.ending == .cutShort ? bytes.count + 1024 : bytes.count
            response.head.headerFields[.contentLength] = "\(promised)"
        }
        return response
    }
}
