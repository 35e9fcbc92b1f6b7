import FoundationEssentials
import Glibc
import Synchronization
import Testing
import VaultProtos
import VaultTesting
@testable import Vault
@testable import VaultAgent

struct AgentClientTests {
    private func client(_ agent: ScriptedAgent, timeout: TimeInterval? = nil) throws -> AgentClient {
        try #require(
            try AgentClient.connect(
                to: agent.path, vault: "/vault.db", claimedExecutables: ["/bin/a"], timeout: timeout))
    }

    private func last(_ content: AgentAnswer.OneOf_Content) throws -> [UInt8] {
        try Frame.bytes(.last, AgentAnswer(content))
    }

    private func details() throws -> TokenDetails {
        TokenDetails(
            profile: try Sample.name(), tenant: "t", clientID: "c", subscription: nil, workspace: nil,
            audience: try Audience(scope: "s"), tokenType: "Bearer", issuedAt: Sample.time, expiresAt: Sample.later,
            source: .cache, auditSequence: 3)
    }

    /// A token's two frames.
    private func tokenFrames(_ token: [UInt8]) throws -> [UInt8] {
        try last(.token(details().message)) + FrameHeader(kind: .secret, payloadLength: token.count).bytes + token
    }

    private func issue(_ client: AgentClient) async throws -> [UInt8] {
        try await client.issue(TokenRequest(profile: Sample.name())).value.exposed
    }

    /// What a call of the client throws.
    private func error(_ body: () async throws -> Void) async -> VaultError? {
        do {
            try await body()
            return nil
        } catch { return error as? VaultError }
    }

    @Test func `nobody listens where nothing is, below a file, and where an agent was`() throws {
        let left = try UnixListener()
        left.close()
        defer { unsafe unlink(left.path) }
        for path in ["/tmp/vaultctl-nothing-\(getpid())", "/etc/passwd/s", left.path] {
            let client = try AgentClient.connect(to: path, vault: "/v", claimedExecutables: [])
            #expect(client == nil)
        }
    }

    @Test func `what cannot be connected to is an error`() throws {
        let path = "/tmp/vaultctl-loop-\(getpid())"
        #expect(unsafe symlink(path, path) == 0)
        defer { unsafe unlink(path) }
        let error = #expect(throws: VaultError.self) {
            try AgentClient.connect(to: path, vault: "/v", claimedExecutables: [])
        }
        #expect(error?.code == .unavailable)
    }

    @Test func `a path that no socket can have is refused`() {
        for path in ["", "/tmp/" + String(repeating: "a", count: 103), "/tmp/a\0b"] {
            let error = #expect(throws: VaultError.self) {
                try AgentClient.connect(to: path, vault: "/v", claimedExecutables: [])
            }
            #expect(error?.code == .usage && error?.hint?.contains("VAULTCTL_AGENT_SOCKET") == true)
        }
    }

    @Test func `a token comes with its details, however it is cut`() async throws {
        let token = Array("eyJ0.token".utf8)
        let bytes = try tokenFrames(token)
        let pieces = bytes.map { [$0] }
        let agent = try ScriptedAgent([.say([bytes]), .say(pieces)])
        let client = try client(agent, timeout: 1.5)
        for _ in 0..<2 {
            let issued = try await client.issue(TokenRequest(profile: Sample.name(), reason: "r"))
            #expect(issued.value.exposed == token)
            #expect(try issued.details == details())
        }
        #expect(agent.connectionCount == 1)
        let request = try #require(agent.requests.first)
        #expect(request.vault == "/vault.db" && request.claimedExecutables == ["/bin/a"] && request.timeout == 1500)
        #expect(try TokenRequest(request.issue) == TokenRequest(profile: Sample.name(), reason: "r"))
    }

    @Test func `a token may be as long as a frame`() async throws {
        let token = (0..<Frame.longestPayload).map { UInt8(truncatingIfNeeded: $0 / 7) }
        let agent = try ScriptedAgent([.say([tokenFrames(token)]), .say([tokenFrames([1])])])
        let client = try client(agent)
        #expect(try await issue(client) == token)
        #expect(try await issue(client) == [1])
    }

    @Test func `a failure leaves the connection as it is`() async throws {
        let agent = try ScriptedAgent([.say([last(.failure(Sample.error.failure))]), .say([tokenFrames([7])])])
        let client = try client(agent)
        #expect(await error { _ = try await issue(client) } == Sample.error)
        #expect(try await issue(client) == [7])
        #expect(agent.connectionCount == 1)
    }

    @Test func `an agent that goes away is missed, and the next call finds another`() async throws {
        let whole = try tokenFrames([7, 8])
        let agent = try ScriptedAgent([
            .hangUp([]), .hangUp([Array(whole.prefix(5))]), .hangUp([whole.dropLast()]),
            .hangUp([last(.token(details().message))]), .say([whole]),
        ])
        let client = try client(agent)
        for _ in 0..<4 {
            #expect(await error { _ = try await issue(client) } == .agentWentAway)
        }
        #expect(try await issue(client) == [7, 8])
        #expect(agent.connectionCount == 5)
    }

    @Test func `an agent that turns a client away can say why`() async throws {
        let agent = try ScriptedAgent([.turnAway(last(.failure(Sample.error.failure)))])
        let client = try client(agent)
        #expect(await error { _ = try await issue(client) } == Sample.error)
    }

    @Test func `another version is named, and nonsense is not understood`() async throws {
        var other = try last(.done(AgentAnswer.Done()))
        other[4] = 2
        let answers: [[UInt8]] = [
            other, Array("HTTP/1.1 200 OK".utf8), [5, 0, 0, 0, 1, 4, 0, 0, 0xff], try last(.count(1)),
            [4, 0, 0, 0, 1, 4, 0, 0], [4, 0, 0, 0, 1, 1, 0, 0], [4, 0, 0, 0, 1, 2, 0, 0],
            try Frame.bytes(.part, AgentAnswer(.token(details().message))),
            try last(.token(details().message)) + last(.done(AgentAnswer.Done())),
            try last(.failure(AgentAnswer.Failure())),
        ]
        let agent = try ScriptedAgent(answers.map { .hangUp([$0]) })
        for (index, _) in answers.enumerated() {
            let client = try client(agent)
            let error = await error { _ = try await issue(client) }
            #expect(error?.code == .unavailable)
            let understood = index == 0 ? "the agent is of another version" : VaultError.answerNotUnderstood.message
            #expect(error?.message == understood, "\(index)")
        }
    }

    @Test func `bytes that nobody asked for end the connection`() async throws {
        let done = try last(.done(AgentAnswer.Done()))
        let agent = try ScriptedAgent([.hangUp([done + done]), .say([done])])
        let client = try client(agent)
        try await client.lock()
        try await client.lock()
        #expect(agent.connectionCount == 2)
    }

    @Test func `lists come in parts`() async throws {
        let entries = try (0..<2000).map { try Sample.entry(UInt64($0)) }
        let parts = try entries.answerParts()
        let frames = try parts.enumerated().map { try Frame.bytes($0 == parts.count - 1 ? .last : .part, $1) }
        #expect(frames.count > 5)
        let ended = try parts.map { try Frame.bytes(.part, $0) } + [last(.done(AgentAnswer.Done()))]
        let query = AuditQuery(actions: [.issue], limit: 9)
        let agent = try ScriptedAgent([.say(frames), .say(ended), .say([last(.profiles(AgentAnswer.Profiles()))])])
        let client = try client(agent)
        for _ in 0..<2 {
            let isWhole = try await client.auditEntries(query) == entries
            #expect(isWhole)
        }
        #expect(try await client.profiles(tags: [Tag("a=b")]) == [])
        #expect(try AuditQuery(agent.requests[0].auditEntries) == query)
        #expect(agent.requests[2].profiles.tags == ["a=b"])
        #expect(agent.connectionCount == 1)
    }

    @Test func `each verb takes its own answer`() async throws {
        let name = try Sample.name()
        let profile = try Sample.profile()
        let rotation = try Sample.rotation()
        let token = try Sample.cachedToken()
        let status = AgentStatus(pid: 1, version: "v", memoryIsLocked: true, connections: 1, otherVaults: 0)
        let one = try last(.profiles([profile].answerParts()[0].profiles))
        let done = try last(.done(AgentAnswer.Done()))
        let rotations = try last(.rotations([rotation].answerParts()[0].rotations))
        let verification = Verification(
            profiles: 1, tokens: 2, rotations: 3, settings: 4, auditEntries: 5, auditRoot: [6], anchorAgrees: true)
        var progress = AgentAnswer.Progress()
        progress.done = 1
        progress.total = 2
        let agent = try ScriptedAgent([
            .say([last(.status(status.message))]), .say([last(.status(status.message))]), .say([done]), .say([one]),
            .say([rotations]), .say([one]), .say([one]), .say([done]), .say([done]),
            .say([last(.cachedTokens([token].answerParts()[0].cachedTokens))]), .say([last(.count(4))]),
            .say([rotations]),
            .say([Frame.bytes(.part, AgentAnswer(.progress(progress))), last(.verification(verification.message))]),
        ])
        let client = try client(agent)
        #expect(try await client.status() == status)
        let passphrase = SecretBytes("correct horse")
        #expect(try await client.unlock(with: .keyFile(passphrase), limits: UnlockLimits()) == status)
        try await client.lock()
        #expect(try await client.profile(named: name) == profile)
        #expect(try await client.rotations(of: name) == [rotation])
        let secret = SecretBytes("s1")
        let new = NewProfile(name: name, destination: Destination(), tenant: nil, clientID: "c", secret: secret)
        #expect(try await client.add(new) == profile)
        #expect(try await client.edit(name, ProfileChange(about: "")) == profile)
        try await client.rename(name, to: ProfileName("new"))
        try await client.remove(name)
        #expect(try await client.cachedTokens() == [token])
        #expect(try await client.forgetTokens(of: name) == 4)
        let replacement = SecretBytes("s2")
        #expect(
            try await client.replaceSecret(of: name, with: replacement, expiresAt: nil, grace: 60, retiring: [])
                == rotation)
        let seen = Mutex<[[Int]]>([])
        let verified = try await client.verify { done, total in seen.withLock { $0.append([done, total]) } }
        #expect(verified == verification)
        #expect(seen.withLock { $0 } == [[1, 2]])
        #expect(agent.heardSecrets == ["correct horse", "s1", "s2"].map { Array($0.utf8) })
        #expect(agent.requests[1].unlock.isKeyFile)
        #expect(agent.requests[7].rename.newName == "new")
        #expect(agent.requests.allSatisfy { $0.timeout == 0 })
        #expect(agent.connectionCount == 1)
    }

    @Test func `every profile that is checked must be reported`() async throws {
        let done = try last(.done(AgentAnswer.Done()))
        func report(_ name: String) throws -> [UInt8] {
            let checked = CheckedProfile(profile: try ProfileName(name), result: .failure(Sample.error))
            return try Frame.bytes(.part, AgentAnswer(.checked(checked.message)))
        }
        let agent = try ScriptedAgent([
            .say([report("b"), report("a"), done]), .say([report("a"), done]), .hangUp([report("a"), report("a")]),
            .hangUp([report("c")]),
        ])
        let client = try client(agent)
        let names = [try ProfileName("a"), try ProfileName("b")]
        let reported = Mutex<[String]>([])
        let take = { @Sendable (checked: CheckedProfile) in
            reported.withLock { $0.append(checked.profile.description) }
        }
        try await client.check(names, report: take)
        #expect(reported.withLock { $0 } == ["b", "a"])
        for _ in 0..<3 {
            #expect(await error { try await client.check(names, report: take) } == .answerNotUnderstood)
        }
    }

    @Test func `a secret longer than a frame is refused before anything is sent`() async throws {
        let agent = try ScriptedAgent([.say([last(.done(AgentAnswer.Done()))])])
        let client = try client(agent)
        let name = try Sample.name()
        let error = await error {
            _ = try await client.replaceSecret(
                of: name, with: SecretBytes(count: 70_000) { _ in }, expiresAt: nil, grace: 0, retiring: [])
        }
        #expect(error?.code == .usage)
        try await client.lock()
        #expect(agent.requests.count == 1)
    }
}
