internal import FoundationEssentials

/// Gives out tokens: from the sealed cache while they live long enough, else from the provider, asked once however many
/// processes wait for the same token. A token leaves only after its entry is durable.
struct TokenIssuer: Sendable {
    let records: Records
    let commits: GroupCommit
    let flights: TokenFlights
    let warm: WarmTokens
    let policies: PoliciesInForce
    let provider: any CredentialProvider
    let environment: VaultEnvironment
    let locks: LockFile

    /// A cached token from further in the future than this, in seconds, means that the clock was set back.
    private static let clockTolerance: TimeInterval = 300

    func issue(
        _ request: TokenRequest, for purpose: TokenPurpose = .use
    ) async throws(VaultError) -> IssuedToken {
        guard request.reason.map({ $0.utf8.count <= TokenRequest.longestReason }) ?? true else {
            throw VaultError(.usage, "a reason has at most \(TokenRequest.longestReason) bytes")
        }
        var event = AuditEvent(environment, .issue, .ok)
        event.profile = request.profile.description
        event.reason = request.reason
        var isRecorded = false
        do throws(VaultError) {
            if !request.forceRefresh, let token = try await fromCache(request, purpose) {
                return token
            }
            // The record is read there, and the file may be kept by another process: not on a thread that serves many.
            var token: IssuedToken?
            try await withTaskExecutorPreference(globalConcurrentExecutor) { () async throws(VaultError) in
                token = try await fromProvider(request, purpose, &event, &isRecorded)
            }
            guard let token = token.take() else { throw VaultError(.internalError, "an answer without a token") }
            return token
        } catch {
            throw isRecorded || error.code == .policy ? error : await commits.recorded(error, event)
        }
    }

    /// Asks the provider, past every cache, and keeps nothing of the answer but the entry.
    func check(_ name: ProfileName) async throws(VaultError) -> CheckedCredential {
        var event = AuditEvent(environment, .check, .ok)
        event.profile = name.description
        do throws(VaultError) {
            let ready = try credential(TokenRequest(profile: name))
            let wish = ready.wish
            event = wish.event(.check, .ok, in: environment)
            let token = try await provider.accessToken(for: wish.grant, secret: ready.secret)
            let checked = event
            _ = try await commits.write { (transaction) throws(VaultError) in try transaction.append(checked) }
            return CheckedCredential(
                profile: name, audience: wish.audience,
                tokenLifetime: token.expiresAt.timeIntervalSince(token.issuedAt))
        } catch {
            throw await commits.recorded(error, event)
        }
    }

    /// Replaces a token of the cache before anybody has to wait for another; nobody is given it.
    ///
    /// - Returns: what is in the cache then; nil when it has no such token any more. A token that lives longer than its
    ///   ``TokenDetails/margin`` yet is left as it is, without an entry.
    func renew(_ request: TokenRequest) async throws(VaultError) -> TokenDetails? {
        let found = try records.read { (snapshot) throws(VaultError) -> TokenDetails? in
            let wish = try TokenWish(request, in: snapshot)
            guard let token = try snapshot.token(wish.tag), wish.fits(token.record) else { return nil }
            return wish.details(token.record, source: .cache, sequence: 0)
        }
        guard let found, !found.lives(longerThan: found.margin, at: environment.now()) else { return found }
        var request = request
        request.forceRefresh = true
        request.reason = "renewed ahead of need"
        return try await issue(request, for: .renewal).details
    }

    // MARK: Once

    /// Asks the provider, or waits for whoever asks already, here or in another process.
    ///
    /// What policies refuse is on the record when it is thrown, here as in all that follows.
    /// - Parameters:
    ///   - event: becomes the entry of a failure; it is told what is known of the request.
    ///   - isRecorded: set when that entry is on the record already, where those who waited look for it.
    private func fromProvider(
        _ request: TokenRequest, _ purpose: TokenPurpose, _ event: inout AuditEvent, _ isRecorded: inout Bool
    ) async throws(VaultError) -> IssuedToken {
        while true {
            let (wish, size, isCached, refusal) = try records.read { (snapshot) throws(VaultError) in
                let wish = try TokenWish(request, in: snapshot)
                let cached = request.forceRefresh ? nil : try snapshot.token(wish.tag)?.record
                let lives = cached.map { $0.serves(request, at: environment.now()) } ?? false
                let refusal = try policies.refusal(of: wish.asked(request, purpose, environment), in: snapshot)
                return (wish, snapshot.state.tree.size, lives, refusal)
            }
            event = wish.event(.issue, .ok, in: environment, reason: request.reason)
            // Whoever would be refused neither asks the provider nor waits for another who does.
            if let refusal { throw await commits.recorded(refusal, event) }
            // Somebody may have been given it between the look at the cache and the look at the record.
            if isCached, let token = try await fromCache(request, purpose) { return token }
            if await flights.begin(wish.tag) {
                defer { flights.end(wish.tag) }
                let lock = try await locks.takeWithoutBlocking(.token(wish.tag))
                defer { lock.release() }
                if let token = try await outcome(of: wish, since: size, request, purpose) { return token }
                do throws(VaultError) {
                    return try await ask(request, purpose, wish.tag, &event)
                } catch {
                    isRecorded = true
                    throw error.code == .policy ? error : await commits.recorded(error, event)
                }
            }
            if let token = try await outcome(of: wish, since: size, request, purpose) { return token }
        }
    }

    /// What came of a request for the same token that was made since the record had `size` entries: whoever waited for it
    /// shares it, whether it was a token or not.
    ///
    /// - Returns: nil when there was none.
    private func outcome(
        of wish: TokenWish, since size: UInt64, _ request: TokenRequest, _ purpose: TokenPurpose
    ) async throws(VaultError) -> IssuedToken? {
        switch try lastOutcome(of: wish, since: size) {
        case .token?: return try await fromCache(request, purpose, whileAlive: true)
        case .failure(let error)?: return try await instead(of: error, request, purpose)
        case nil: return nil
        }
    }

    private func ask(
        _ request: TokenRequest, _ purpose: TokenPurpose, _ tag: RowTag, _ event: inout AuditEvent
    ) async throws(VaultError) -> IssuedToken {
        let ready = try credential(request)
        let wish = ready.wish
        event = wish.event(.issue, .ok, in: environment, reason: request.reason)
        // What was taken the lock for must be what is asked for.
        guard wish.tag == tag else { throw .changedMeanwhile(request.profile) }
        switch await ask(ready, request) {
        case .answered(let answer): return try await commit(answer, request, purpose, wish)
        case .failed(let error): return try await instead(of: error, request, purpose)
        }
    }

    /// While the provider is away, a token that lives yet is better than none.
    private func instead(
        of error: VaultError, _ request: TokenRequest, _ purpose: TokenPurpose
    ) async throws(VaultError) -> IssuedToken {
        if error.isTransient, !request.forceRefresh,
            let token = try await fromCache(request, purpose, whileAlive: true, because: error)
        {
            return token
        }
        throw error
    }

    // MARK: Cache

    /// What came of looking where a token may be.
    private enum Given<Token: Sendable>: Sendable {
        case token(Token)
        /// By a policy; on the record already.
        case refused(VaultError)
    }

    /// The token of the cache, on the record; nil when there is none that lives so many seconds more.
    ///
    /// - Parameters:
    ///   - whileAlive: whether one with less to live than was asked for will do.
    ///   - failure: why that is.
    private func fromCache(
        _ request: TokenRequest, _ purpose: TokenPurpose, whileAlive: Bool = false, because failure: VaultError? = nil
    ) async throws(VaultError) -> IssuedToken? {
        // Nearly always it is what the last request led to. What many transactions would have to wait for is done before.
        let ahead = try warm.latest(for: request).map { (found) throws(VaultError) in
            try ReadyToken(found, request, purpose, because: failure, records.keyring, environment)
        }
        let given = try await commits.writeUnlessNil {
            [environment, warm, policies] (transaction) throws(VaultError) -> Given<
                (ready: ReadyToken, sequence: UInt64)
            >? in
            guard let found = try Self.find(request, in: transaction, warm) else { return nil }
            let now = environment.now()
            guard found.token.record.serves(request, whileAlive: whileAlive, at: now),
                found.token.record.issuedAt.timeIntervalSince(now) < Self.clockTolerance
            else { return nil }
            let asked = found.wish.asked(request, purpose, environment)
            if let refusal = try policies.refusal(of: asked, in: transaction) {
                try transaction.append(found.wish.refusal(refusal, of: request, in: environment))
                return .refused(refusal)
            }
            let ready =
                if let ahead, ahead.found === found {
                    ahead
                } else {
                    try ReadyToken(found, request, purpose, because: failure, transaction.keyring, environment)
                }
            let sequence = try transaction.append(ready.event)
            if let ends = found.graceEnds, ends <= now {
                try transaction.retireRotations(of: found.wish.record.profile, environment)
            }
            return .token((ready, sequence))
        }
        switch given {
        case .token(let found)?: return try found.ready.issued(found.sequence)
        case .refused(let refusal)?: throw refusal
        case nil: return nil
        }
    }

    /// What the request leads to in the cache, looked up only once for rows that do not change.
    private static func find(
        _ request: TokenRequest, in transaction: borrowing WriteTransaction, _ warm: WarmTokens
    ) throws(VaultError) -> WarmTokens.Entry? {
        if let entry = warm.entry(for: request, at: transaction.generation) { return entry }
        let wish = try TokenWish(request, in: transaction.snapshot)
        guard let token = try transaction.snapshot.token(wish.tag) else { return nil }
        guard wish.fits(token.record) else {
            throw .damaged("token row \(token.row.id.hexadecimal): it is another's")
        }
        let rotations = try transaction.snapshot.rotations(of: wish.record.profile.id)
        let entry = WarmTokens.Entry(
            wish: wish, token: token,
            graceEnds: rotations.filter { $0.rotation.state == .promoted }.compactMap(\.rotation.graceUntil).min())
        warm.keep(entry, for: request, at: transaction.generation)
        return entry
    }

    /// What an earlier holder of the lock came to.
    private enum Outcome: Sendable {
        case token
        case failure(VaultError)
    }

    /// How the last request for the same token ended that was made since the record had `size` entries.
    private func lastOutcome(of wish: TokenWish, since size: UInt64) throws(VaultError) -> Outcome? {
        try records.read { (snapshot) throws(VaultError) in
            var outcome: Outcome?
            try snapshot.store.forEachAudit(from: size) { (row) throws(VaultError) in
                let event = try snapshot.entry(row).event
                if wish.isAsked(by: event) { outcome = event.failure.map(Outcome.failure) ?? .token }
                return true
            }
            return outcome
        }
    }

    /// Puts a fresh token into the cache and its entry onto the record, together.
    private func commit(
        _ answer: Answer, _ request: TokenRequest, _ purpose: TokenPurpose, _ wish: TokenWish
    ) async throws(VaultError) -> IssuedToken {
        let hash = records.keyring.hash(ofToken: answer.token.value)
        let given = try await commits.write {
            [environment, policies] (transaction) throws(VaultError) -> Given<TokenDetails> in
            // While we asked, the profile may have been changed: a token of another identity must not be kept.
            let now = try TokenWish(request, in: transaction.snapshot)
            guard now.tag == wish.tag else { throw .changedMeanwhile(request.profile) }
            // Policies, too, or others may have had the last use.
            let asked = now.asked(request, purpose, environment)
            if let refusal = try policies.refusal(of: asked, in: transaction) {
                try transaction.append(now.refusal(refusal, of: request, in: environment))
                return .refused(refusal)
            }
            let record = TokenRecord(
                profile: wish.record.profile.id, tenant: wish.tenant, audience: wish.audience,
                tokenType: answer.token.tokenType, issuedAt: answer.token.issuedAt,
                expiresAt: answer.token.expiresAt, tokenID: answer.token.tokenID, hash: hash, keyID: answer.keyID)
            try transaction.put(record, value: answer.token.value, tag: wish.tag)
            var event = wish.event(.issue, .ok, in: environment, reason: request.reason)
            event.add(record, source: .provider)
            event.detail = purpose.detail(answer.note)
            let sequence = try transaction.append(event)
            try transaction.retireRotations(of: wish.record.profile, environment)
            return .token(wish.details(record, source: .provider, sequence: sequence, warning: answer.note))
        }
        switch given {
        case .token(let details): return IssuedToken(value: answer.token.value.copy(), details: details)
        case .refused(let refusal): throw refusal
        }
    }

    // MARK: Provider

    /// What to ask with: where the credential goes and the credential itself, read as of one moment.
    private struct Ready: ~Copyable, Sendable {
        let wish: TokenWish
        let secret: SecretBytes
        let keyID: String?
        /// Of the row that it was read from.
        let version: UInt64
    }

    private enum Attempt: Sendable {
        case answered(Answer)
        case failed(VaultError)
    }

    /// A fresh token, and with which credential it was got.
    private final class Answer: Sendable {
        let token: AccessToken
        let keyID: String?
        /// What is worth telling about how it was got.
        let note: String?

        init(token: consuming AccessToken, keyID: String?, note: String?) {
            self.token = token
            self.keyID = keyID
            self.note = note
        }
    }

    private func ask(_ ready: borrowing Ready, _ request: TokenRequest) async -> Attempt {
        do throws(VaultError) {
            let token = try await provider.accessToken(for: ready.wish.grant, secret: ready.secret)
            return .answered(Answer(token: token, keyID: ready.keyID, note: nil))
        } catch  where error.refusal?.isOfCredential(ready.wish.grant) == true {
            return await askWithAnother(request, ready, refusal: error)
        } catch {
            return .failed(error)
        }
    }

    /// A credential that is refused may have been replaced while it was on its way; and a new one is refused until all of the
    /// provider's replicas have it, so that the old one may serve while it is kept.
    private func askWithAnother(
        _ request: TokenRequest, _ refused: borrowing Ready, refusal: VaultError
    ) async -> Attempt {
        let wish = refused.wish
        do throws(VaultError) {
            var version = refused.version
            while true {
                let now = try credential(request)
                // Each time: one that was bound to another place since must not be sent to this one.
                guard now.wish.tag == wish.tag else { throw .changedMeanwhile(request.profile) }
                guard now.version != version else { break }
                version = now.version
                do throws(VaultError) {
                    let token = try await provider.accessToken(for: wish.grant, secret: now.secret)
                    return .answered(Answer(token: token, keyID: now.keyID, note: nil))
                } catch  where error.refusal?.isOfCredential(wish.grant) == true {
                    // It may have been replaced once more.
                }
            }
            guard let previous = try previousCredential(request, wish) else { return .failed(refusal) }
            let token: AccessToken
            do throws(VaultError) {
                token = try await provider.accessToken(for: wish.grant, secret: previous.secret)
            } catch {
                // What is wrong with the one in use is what counts.
                return .failed(error.code == .refused ? refusal : error)
            }
            let note = "the new credential is not accepted yet; the previous one was used"
            return .answered(Answer(token: token, keyID: previous.keyID, note: note))
        } catch {
            return .failed(error)
        }
    }

    private func credential(_ request: TokenRequest) throws(VaultError) -> Ready {
        try records.read { (snapshot) throws(VaultError) in
            let wish = try TokenWish(request, in: snapshot)
            return Ready(
                wish: wish, secret: try snapshot.secret(of: wish.record), keyID: wish.record.profile.credential.keyID,
                version: wish.record.version)
        }
    }

    private func previousCredential(_ request: TokenRequest, _ wish: TokenWish) throws(VaultError) -> Ready? {
        let now = environment.now()
        return try records.read { (snapshot) throws(VaultError) -> Ready? in
            guard try TokenWish(request, in: snapshot).tag == wish.tag else { throw .changedMeanwhile(request.profile) }
            let kept = try snapshot.rotations(of: wish.record.profile.id).filter { $0.rotation.keepsOld(at: now) }
            // The last one knows the credential before this one.
            if let stored = kept.max(by: { $0.rotation.startedAt < $1.rotation.startedAt }) {
                return Ready(
                    wish: wish, secret: try snapshot.secrets(of: stored).takeOld(), keyID: stored.rotation.oldKeyID,
                    version: stored.version)
            }
            return nil
        }
    }
}

extension TokenRecord {
    /// Whether it lives as long as a request wants it to.
    fileprivate func serves(_ request: TokenRequest, whileAlive: Bool = false, at now: Date) -> Bool {
        let wanted = whileAlive ? 1 : request.wantedLifetime(ofTokenIssued: issuedAt, expiring: expiresAt)
        return expiresAt.timeIntervalSince(now) >= max(wanted, 1)
    }
}

extension VaultError {
    static func changedMeanwhile(_ name: ProfileName) -> VaultError {
        VaultError(.tryAgain, "profile \(name) was changed while its token was asked for", hint: "try again")
    }
}
