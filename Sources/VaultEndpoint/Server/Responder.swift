internal import FoundationEssentials
internal import HTTPTypes
internal import HummingbirdCore
internal import NIOCore
internal import Vault

/// Answers one request after the other of each connection.
final class Responder: Sendable {
    private let settings: EndpointSettings
    private let guardian: Guardian
    private let connections: Connections
    private let issue: IssueForClient
    private let turns = Turns(mostIssuances)
    private let log: RefusalLog

    /// Tokens that are got at the same time. Each takes a thread, and a connection to the agent.
    private static let mostIssuances = 64
    /// Bytes of a form.
    private static let longestBody = 4 << 10
    /// Bytes that are read, and not looked at, so that a client that sends too much reads the answer.
    private static let longestIgnoredBody = 64 << 10
    /// Seconds that a token of the cache must live yet, or half of its life: below that the Databricks SDKs ask again and
    /// again (wire reference, 1.5).
    private static let minimumLifetime: TimeInterval = 1200

    init(
        settings: EndpointSettings, hosts: Set<String>, connections: Connections, issue: @escaping IssueForClient
    ) {
        self.settings = settings
        self.connections = connections
        self.issue = issue
        guardian = Guardian(hosts: hosts, header: settings.header, path: settings.path)
        log = RefusalLog(settings.log)
    }

    func respond(
        to request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel
    ) async throws {
        connections.beginRequest(on: channel)
        defer { connections.endRequest(on: channel) }
        var answer = try await answer(to: request, from: channel)
        do {
            try await writer.write(response: answer.head, body: ResponseBody(byteBuffer: answer.body))
            // Once the loop has had its turn the buffer is sent, unless the client does not read.
            if answer.holdsToken { try await channel.eventLoop.submit {}.get() }
        } catch {
            answer.wipe()
            throw error
        }
        answer.wipe()
        if answer.closes { throw ConnectionClosed() }
    }

    private func answer(to request: Request, from channel: any Channel) async throws -> Answer {
        var route: Route?
        do throws(Refusal) {
            try guardian.checkOrigin(request.head)
            let found = try guardian.route(of: request.head)
            route = found
            switch found {
            case .health:
                return Answer(status: .ok, fields: ["status": .text("ok")])
            case .dialect(let dialect):
                let form = try await form(of: request, dialect, channel)
                let question = try dialect.question(in: form, request.head.headerFields)
                return try await token(for: question, in: dialect, on: channel)
            }
        } catch {
            log.note(error.message)
            let dialect: Dialect? = if case .dialect(let dialect) = route { dialect } else { error.dialect }
            return Answer(error, in: dialect)
        }
    }

    /// The parameters: those of the query, or of the form where the dialect has one.
    private func form(
        of request: Request, _ dialect: Dialect, _ channel: any Channel
    ) async throws(Refusal) -> Parameters {
        let fields = request.head.headerFields
        let hasBody = fields[.transferEncoding] != nil || !["0", nil].contains(fields[.contentLength])
        guard dialect.takesForm else {
            guard !hasBody else { throw Refusal(.badRequest, "invalid_request", "a GET has no body", closes: true) }
            return try Parameters(request.uri)
        }
        // A body that does not end is cut off; the connection's own limit sees a client that sends a byte now and then.
        let deadline = channel.eventLoop.scheduleTask(in: EndpointServer.patience) { channel.close(promise: nil) }
        defer { deadline.cancel() }
        var body = ByteBuffer()
        var ignored = 0
        do {
            for try await part in request.body {
                if body.readableBytes + part.readableBytes <= Self.longestBody, ignored == 0 {
                    body.writeImmutableBuffer(part)
                } else {
                    ignored += part.readableBytes
                    if ignored > Self.longestIgnoredBody { break }
                }
            }
        } catch {
            throw Refusal(.badRequest, "invalid_request", "the form did not come to its end", closes: true)
        }
        guard ignored == 0 else {
            throw Refusal(
                .contentTooLarge, "invalid_request", "a form has at most \(Self.longestBody) bytes", closes: true)
        }
        return try Parameters(URI("/?" + String(buffer: body)))
    }

    // MARK: Tokens

    /// The answer with the token. What blocks happens on a thread of its own, and goes on there when the endpoint stops
    /// meanwhile.
    private func token(
        for question: Question, in dialect: Dialect, on channel: any Channel
    ) async throws(Refusal) -> Answer {
        try check(question)
        let known = connections.peer(of: channel)
        let connection = ConnectionEnds(channel)
        let (answers, ended) = AsyncStream.makeStream(of: Result<Answer, Refusal>.self)
        Task(executorPreference: OwnThread()) { [turns, connections] in
            await turns.take()
            defer { turns.end() }
            let peer = if let known { known } else { await Peer(of: connection) }
            connections.note(peer, of: channel)
            do throws(Refusal) {
                ended.yield(.success(try await self.issue(question, in: dialect, to: peer)))
            } catch {
                ended.yield(.failure(error))
            }
            ended.finish()
        }
        for await answer in answers { return try answer.get() }
        throw Refusal(.serviceUnavailable, "server_error", "the endpoint ends", closes: true)
    }

    /// What needs no token to be refused.
    private func check(_ question: Question) throws(Refusal) {
        if let id = question.clientID, id.lowercased() != settings.clientID.lowercased() {
            throw Refusal(
                .badRequest, "identity_not_found",
                "this endpoint gives tokens of one identity, which is not the one asked for; its client id is \(settings.clientID)"
            )
        }
        if let asked = question.workspace, let own = settings.workspace, !WorkspaceHost.isSame(asked, own) {
            throw Refusal(
                .badRequest, "wrong_host", "this endpoint gives tokens for \(own), and not for the host asked for")
        }
        let audience: Audience
        do throws(VaultError) {
            audience = try Audience(resource: question.resource, in: settings.cloud)
        } catch {
            throw Refusal(error)
        }
        guard settings.allowedAudiences.isEmpty || settings.allowedAudiences.contains(where: audience.isNearly) else {
            throw Refusal(
                .forbidden, "access_denied",
                "this endpoint gives no tokens for \(audience.resource); it is not among its --allow-audience")
        }
    }

    private func issue(_ question: Question, in dialect: Dialect, to peer: Peer) async throws(Refusal) -> Answer {
        guard peer.isOwn else {
            throw Refusal(.forbidden, "access_denied", "this endpoint is for its own user's processes")
        }
        let request = TokenRequest(
            profile: settings.profile, audience: .resource(question.resource), minimumLifetime: Self.minimumLifetime,
            halfLifeSuffices: true)
        do throws(VaultError) {
            let token = try await issue(request, peer.client)
            let fields = dialect.fields(of: token.details, for: question, clientID: settings.clientID, at: Date())
            return try Answer(token: token.value, fields: fields)
        } catch {
            throw Refusal(error)
        }
    }
}

/// Thrown to close a connection after an answer.
private struct ConnectionClosed: Error {}

extension HTTPField.Name {
    // A token of RFC 9110, so it is never nil.
    static let forwardedFor = HTTPField.Name("X-Forwarded-For")!
}
