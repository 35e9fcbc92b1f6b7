internal import FoundationEssentials

/// Gives out tokens: from the sealed cache while they live long enough, else from the provider, asked once however many
/// processes wait for the same token. A token leaves only after its entry is durable.
struct TokenIssuer: Sendable {
    let records: Records
    let provider: any CredentialProvider
    let environment: VaultEnvironment
    let locks: LockFile

    /// What a fresh secret is refused with until the provider's replicas know it (wire reference, 8.3).
    private static let wrongSecret = 7_000_215
    /// A cached token from further in the future than this, in seconds, means that the clock was set back.
    private static let clockTolerance: TimeInterval = 300

    func issue(_ request: TokenRequest) async throws(VaultError) -> IssuedToken {
        if !request.forceRefresh, let token = try fromCache(request, .cache) { return token }
        let wish = try records.read { (snapshot) throws(VaultError) in try TokenWish(request, in: snapshot) }
        let lock = try await locks.takeWithoutBlocking(.token(wish.tag))
        defer { lock.release() }
        // Whoever held the lock before us may have put the token there.
        if !request.forceRefresh, let token = try fromCache(request, .cache) { return token }
        do throws(VaultError) {
            let answer = try await ask(wish)
            return try commit(answer, request, wish)
        } catch {
            if error.isTransient, !request.forceRefresh,
                let token = try fromCache(request, .staleCache, because: error)
            {
                return token
            }
            try record(error, wish.event(.issue, error.auditOutcome, in: environment, reason: request.reason))
            throw error
        }
    }

    /// Asks the provider, past every cache, and keeps nothing of the answer but the entry.
    func check(_ name: ProfileName) async throws(VaultError) -> CheckedCredential {
        let request = TokenRequest(profile: name, forceRefresh: true)
        let wish = try records.read { (snapshot) throws(VaultError) in try TokenWish(request, in: snapshot) }
        do throws(VaultError) {
            let secret = try currentSecret(wish)
            let token = try await provider.accessToken(for: wish.grant, secret: secret)
            try records.write { (transaction) throws(VaultError) in
                _ = try transaction.append(wish.event(.check, .ok, in: environment))
            }
            return CheckedCredential(
                profile: name, audience: wish.audience,
                tokenLifetime: token.expiresAt.timeIntervalSince(token.issuedAt))
        } catch {
            try record(error, wish.event(.check, error.auditOutcome, in: environment))
            throw error
        }
    }

    // MARK: Cache

    /// The token of the cache, on the record; nil when there is none that lives long enough.
    ///
    /// - Parameter failure: why a token with less to live is given all the same.
    private func fromCache(
        _ request: TokenRequest, _ source: TokenSource, because failure: VaultError? = nil
    ) throws(VaultError) -> IssuedToken? {
        try records.writeUnlessNil { (transaction) throws(VaultError) -> IssuedToken? in
            let wish = try TokenWish(request, in: transaction.snapshot)
            guard let token = try transaction.snapshot.token(wish.tag) else { return nil }
            let now = environment.now()
            let left = token.record.expiresAt.timeIntervalSince(now)
            guard left >= (source == .staleCache ? 1 : max(request.minimumLifetime, 1)),
                token.record.issuedAt.timeIntervalSince(now) < Self.clockTolerance
            else { return nil }
            var event = wish.event(.issue, .ok, in: environment, reason: request.reason)
            event.add(token.record, source: source)
            if let failure { event.detail = failure.message }
            let sequence = try transaction.append(event)
            try transaction.retireRotations(of: wish.record.profile, environment)
            let warning = failure.map {
                "\($0.message); giving the token from the cache, which lives \(Int(left)) more seconds"
            }
            return IssuedToken(
                value: try transaction.snapshot.value(of: token),
                details: wish.details(token.record, source: source, sequence: sequence, warning: warning))
        }
    }

    /// Puts a fresh token into the cache and its entry onto the record, together.
    private func commit(
        _ answer: consuming Answer, _ request: TokenRequest, _ wish: TokenWish
    ) throws(VaultError) -> IssuedToken {
        let hash = tokenHash(of: answer.token.value)
        let details = try records.write { (transaction) throws(VaultError) in
            // While we asked, the profile may have been changed: a token of another identity must not be kept.
            let now = try TokenWish(request, in: transaction.snapshot)
            guard now.tag == wish.tag else {
                throw VaultError(.tryAgain, "profile \(request.profile) was changed while its token was asked for")
            }
            let record = TokenRecord(
                profile: wish.record.profile.id, tenant: wish.tenant, audience: wish.audience,
                tokenType: answer.token.tokenType, issuedAt: answer.token.issuedAt,
                expiresAt: answer.token.expiresAt, tokenID: answer.token.tokenID, hash: hash, keyID: answer.keyID)
            try transaction.put(record, value: answer.token.value, tag: wish.tag)
            var event = wish.event(.issue, .ok, in: environment, reason: request.reason)
            event.add(record, source: .provider)
            event.detail = answer.note
            let sequence = try transaction.append(event)
            try transaction.retireRotations(of: wish.record.profile, environment)
            return wish.details(record, source: .provider, sequence: sequence, warning: answer.note)
        }
        return IssuedToken(value: answer.takeToken(), details: details)
    }

    private func tokenHash(of token: borrowing SecretBytes) -> [UInt8] {
        var hash = Blake2b(key: records.keyring.tokenHashKey)
        token.withBytes { hash.update($0) }
        return hash.finish()
    }

    // MARK: Provider

    /// A fresh token, and with which credential it was got.
    private struct Answer: ~Copyable, Sendable {
        let token: AccessToken
        let keyID: String?
        /// What is worth telling about how it was got.
        let note: String?

        consuming func takeToken() -> SecretBytes { token.takeValue() }
    }

    private func ask(_ wish: TokenWish) async throws(VaultError) -> Answer {
        do throws(VaultError) {
            let secret = try currentSecret(wish)
            let token = try await provider.accessToken(for: wish.grant, secret: secret)
            return Answer(token: token, keyID: wish.record.profile.credential.keyID, note: nil)
        } catch  where error.refusal?.aadsts == Self.wrongSecret {
            // A new secret is refused until all replicas have it, so while the old one is kept it may serve.
            guard let previous = try previousSecret(wish) else { throw error }
            do throws(VaultError) {
                let token = try await provider.accessToken(for: wish.grant, secret: previous.secret)
                return Answer(
                    token: token, keyID: previous.keyID,
                    note: "the new credential is not accepted yet; the previous one was used")
            } catch {
                throw error
            }
        }
    }

    private func currentSecret(_ wish: TokenWish) throws(VaultError) -> SecretBytes {
        try records.read { (snapshot) throws(VaultError) in
            // Read anew: the row may have been rewritten since the wish was made.
            try snapshot.secret(of: try snapshot.profile(named: wish.record.profile.name))
        }
    }

    private struct PreviousSecret: ~Copyable, Sendable {
        let secret: SecretBytes
        let keyID: String?
    }

    private func previousSecret(_ wish: TokenWish) throws(VaultError) -> PreviousSecret? {
        let now = environment.now()
        return try records.read { (snapshot) throws(VaultError) -> PreviousSecret? in
            for stored in try snapshot.rotations(of: wish.record.profile.id) where stored.rotation.keepsOld(at: now) {
                return PreviousSecret(
                    secret: try snapshot.secrets(of: stored).takeOld(), keyID: stored.rotation.oldKeyID)
            }
            return nil
        }
    }

    /// Puts a failure onto the record.
    private func record(_ error: VaultError, _ event: AuditEvent) throws(VaultError) {
        var event = event
        event.refusal = error.refusal
        event.detail = error.message
        let final = event
        try records.write { (transaction) throws(VaultError) in _ = try transaction.append(final) }
    }
}
