internal import FoundationEssentials
internal import SwiftProtobuf
internal import Vault
internal import VaultProtos

/// Answers one request: from the message to the verb, and from its result to messages.
struct Answering {
    let agent: Agent
    let connection: Connection
    let peer: Int32
    let channel: FrameChannel

    /// - Throws: ``ChannelEnd`` when the client cannot be told. What the verb throws is its answer.
    func answer(_ request: AgentRequest) async throws {
        do {
            if case .issue(let issue) = request.verb {
                try await give(TokenRequest(issue), asked: request)
            } else {
                // They may keep a thread, which must not be the one that all clients wait on.
                try await withTaskExecutorPreference(globalConcurrentExecutor) { try await perform(request) }
            }
        } catch let error as VaultError {
            var failure = error.failure
            failure.vaultIsLocked = error == Agent.locked
            try await channel.send(.last, AgentAnswer(.failure(failure)))
        }
    }

    private func perform(_ request: AgentRequest) async throws {
        switch request.verb {
        case nil: throw VaultError(.usage, "the request has no verb that this agent knows")
        case .status:
            let status = agent.status(of: try request.checkedVault())
            try await channel.send(.last, AgentAnswer(.status(status.message)))
        case .lock:
            await agent.lockAll()
            try await done()
        case .unlock(let unlock):
            // Before anything is objected to: what follows the request is not to be taken for another one.
            let secret = UnlockSecret(unlock, secret: try await channel.nextSecret())
            let path = try request.checkedVault()
            try await agent.unlock(path, with: secret, limits: UnlockLimits(unlock))
            try await channel.send(.last, AgentAnswer(.status(agent.status(of: path).message)))
        case .add(let add):
            let new = try NewProfile(add, secret: try await channel.nextSecret())
            // Whoever may only ask must not put a place of their own under a name that somebody trusts.
            guard new.destination.isKnown else {
                throw VaultError(
                    .locked, "a cloud or host of one's own, or a command, takes the passphrase",
                    hint: "vaultctl add --no-agent")
            }
            let profile = try await with(request, consuming: new) { vault, new in try await vault.add(new) }
            try await send([profile].answerParts())
        case .replaceSecret(let replacement):
            try await replaceSecret(replacement, asked: request, secret: try await channel.nextSecret())
        case .verifyAudit(let wanted):
            try await verifyAudit(wanted, asked: request)
        case .rotate(let wanted):
            try await rotate(wanted, asked: request)
        case .planRotations(let wanted):
            try await planRotations(wanted, asked: request)
        case .some(let verb):
            try await performPlain(verb, asked: request)
        }
    }

    /// The verbs that take no secret and give none.
    private func performPlain(_ verb: AgentRequest.OneOf_Verb, asked request: AgentRequest) async throws {
        switch verb {
        case .profiles(let wanted):
            try await send(try await with(request) { try await $0.profiles(tags: wanted.checkedTags()) }.answerParts())
        case .profile(let named):
            let profile = try await with(request) { try await $0.profile(named: named.checkedName()) }
            try await send([profile].answerParts())
        case .rotations(let named):
            try await send(
                try await with(request) { try await $0.rotations(of: ProfileName(orNil: named.name)) }.answerParts())
        case .edit(let edit):
            let profile = try await with(request) { try await $0.edit(edit.checkedName(), ProfileChange(edit)) }
            try await send([profile].answerParts())
        case .rename(let rename):
            let names = try rename.checkedNames()
            try await with(request) { try await $0.rename(names.old, to: names.new) }
            try await done()
        case .remove(let named):
            try await with(request) { try await $0.remove(named.checkedName()) }
            try await done()
        case .cachedTokens:
            try await send(try await with(request) { try await $0.cachedTokens() }.answerParts())
        case .forgetTokens(let named):
            let count = try await with(request) { try await $0.forgetTokens(of: named.checkedName()) }
            try await channel.send(.last, AgentAnswer(.count(UInt64(count))))
        case .auditEntries(let query):
            let entries = try await agent.use(
                try request.checkedVault(), by: connection, caller: try caller(request), timeout: nil,
                counts: !query.watches
            ) { vault, _ in try await vault.auditEntries(AuditQuery(query)) }
            try await send(entries.answerParts())
        case .profileUses(let wanted):
            let (profiles, since) = (try wanted.checkedProfiles(), try wanted.checkedSince())
            try await send(try await with(request) { try await $0.uses(of: profiles, since: since) }.answerParts())
        case .settings:
            try await send(try await with(request) { try await $0.settings() }.answerParts())
        case .check(let check):
            try await self.check(check.checkedNames(), asked: request)
        case .verify:
            try await verify(asked: request)
        case .makeCheckpoint, .checkpointKey, .proveEntry, .proveConsistency, .beginAuditExport:
            try await channel.send(.last, AgentAnswer(try await prove(verb, asked: request)))
        case .unlock, .lock, .status, .issue, .add, .replaceSecret, .verifyAudit, .rotate, .planRotations:
            throw VaultError(.internalError, "a verb that is answered elsewhere")
        }
    }

    /// The verbs by which others can check the record.
    private func prove(
        _ verb: AgentRequest.OneOf_Verb, asked request: AgentRequest
    ) async throws -> AnswerContent {
        try await with(request) { vault in
            switch verb {
            case .makeCheckpoint(let wanted):
                .signedCheckpoint(try await vault.checkpoint(reason: wanted.checkedReason()).message)
            case .checkpointKey:
                .checkpointKey(try await vault.checkpointKey())
            case .proveEntry(let wanted):
                .inclusionProof(try await vault.proveEntry(wanted.sequence).message)
            case .proveConsistency(let wanted):
                .consistencyProof(
                    try await vault.proveConsistency(
                        from: wanted.oldSize, to: wanted.hasSize ? wanted.size : nil
                    ).message)
            case .beginAuditExport:
                .auditExportHead(try await vault.beginAuditExport().message)
            default:
                throw VaultError(.internalError, "a verb that is answered elsewhere")
            }
        }
    }

    // MARK: Verbs

    private func give(_ wanted: TokenRequest, asked request: AgentRequest) async throws {
        _ = try await agent.use(
            try request.checkedVault(), by: connection, caller: try caller(request), timeout: request.providerTimeout
        ) { vault, unlocked in
            let token = try await vault.issue(wanted)
            unlocked.noteIssued(wanted, token.details)
            return token
        } deliver: { token in
            try await channel.send(.last, AgentAnswer(.token(token.details.message)), followedBy: token.value)
        }
    }

    private func replaceSecret(
        _ replacement: AgentRequest.ReplaceSecret, asked request: AgentRequest, secret: consuming SecretBytes
    ) async throws {
        let (name, expiry) = (try replacement.checkedName(), try replacement.checkedExpiry())
        let grace = try replacement.checkedGrace()
        let rotation = try await with(request, consuming: secret) { vault, secret in
            try await vault.replaceSecret(
                of: name, with: secret, expiresAt: expiry, grace: grace, retiring: replacement.retiring)
        }
        try await send([rotation].answerParts())
    }

    /// Tells of each profile as soon as it is known.
    private func check(_ names: [ProfileName], asked request: AgentRequest) async throws {
        let (stream, found) = AsyncStream.makeStream(of: CheckedProfile.self)
        try await self.stream(stream, found, asked: request) { vault in
            try await vault.check(names) { found.yield($0) }
        } message: {
            AgentAnswer(.checked($0.message))
        }
        try await done()
    }

    private func verify(asked request: AgentRequest) async throws {
        let (stream, progress) = AsyncStream.makeStream(
            of: AgentAnswer.Progress.self, bufferingPolicy: .bufferingNewest(1))
        let verification = try await self.stream(stream, progress, asked: request) { vault in
            try await vault.verify { done, total in
                progress.yield(.with { ($0.done, $0.total) = (UInt64(done), UInt64(total)) })
            }
        } message: {
            AgentAnswer(.progress($0))
        }
        try await channel.send(.last, AgentAnswer(.verification(verification.message)))
    }

    /// Does `work`, and sends what it yields meanwhile.
    func stream<Item: Sendable, Result: Sendable>(
        _ items: AsyncStream<Item>, _ source: AsyncStream<Item>.Continuation, asked request: AgentRequest,
        _ work: @escaping @Sendable (Vault) async throws -> Result, message: (Item) -> AgentAnswer
    ) async throws -> Result {
        let (agent, connection, caller) = (agent, connection, try caller(request))
        let path = try request.checkedVault()
        let result = Task {
            defer { source.finish() }
            return try await agent.use(
                path, by: connection, caller: caller, timeout: request.providerTimeout
            ) { vault, _ in try await work(vault) }
        }
        do {
            for await item in items { try await channel.send(.part, message(item)) }
        } catch {
            // Nobody is left to be told; the work is on the record as far as it went.
            result.cancel()
            _ = await result.result
            throw error
        }
        return try await withTaskCancellationHandler {
            try await result.value
        } onCancel: {
            result.cancel()
        }
    }

    // MARK: Parts

    /// Lets `body` use the vault that was asked for.
    private func with<Result: ~Copyable>(
        _ request: AgentRequest, _ body: (Vault) async throws -> Result
    ) async throws -> Result {
        try await agent.use(
            try request.checkedVault(), by: connection, caller: try caller(request), timeout: request.providerTimeout
        ) { vault, _ in try await body(vault) }
    }

    /// The same with something that is used up.
    private func with<Value: ~Copyable, Result>(
        _ request: AgentRequest, consuming value: consuming Value,
        _ body: (Vault, consuming Value) async throws -> Result
    ) async throws -> Result {
        var value: Value? = value
        return try await with(request) { vault in
            guard let value = value.take() else { throw VaultError(.internalError, "a secret was used up already") }
            return try await body(vault, value)
        }
    }

    /// Uid and pid from the kernel, executables as the client says.
    private func caller(_ request: AgentRequest) throws(VaultError) -> Caller {
        let own = agent.settings.environment.caller
        return Caller(
            uid: own.uid, pid: peer, user: own.user, host: own.host,
            claimedExecutables: try request.checkedExecutables(), client: try request.checkedClient())
    }

    func send(_ parts: [AgentAnswer]) async throws {
        for (index, part) in parts.enumerated() {
            try await channel.send(index == parts.count - 1 ? .last : .part, part)
        }
    }

    func done() async throws { try await channel.send(.last, AgentAnswer(.done(AgentAnswer.Done()))) }
}
