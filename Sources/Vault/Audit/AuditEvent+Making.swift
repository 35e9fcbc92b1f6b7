internal import FoundationEssentials

extension AuditEvent {
    /// An entry about `profile`, or about the vault, as of now and by whoever asks.
    init(_ environment: VaultEnvironment, _ action: AuditAction, _ outcome: AuditOutcome, _ profile: Profile? = nil) {
        self.init(
            time: environment.now(), action: action, outcome: outcome, caller: environment.caller,
            profile: profile?.name.description, profileID: profile?.id, tenant: profile?.tenant,
            clientID: profile?.clientID)
    }

    /// What the entry of a rotation tells when the previous credential is forgotten, so that it is known from the one that
    /// replaced it.
    static let graceIsOver = "the grace is over; the old credential is forgotten"

    /// Adds what is told of the token that leaves.
    mutating func add(_ token: TokenRecord, source: TokenSource) {
        self.source = source
        tokenExpiresAt = token.expiresAt
        tokenID = token.tokenID
        tokenHash = token.hash
        keyID = token.keyID
    }

    /// The error that this entry records; nil where it records none.
    var failure: VaultError? {
        guard outcome == .failed || outcome == .refused else { return nil }
        return VaultError(
            code.flatMap(VaultError.Code.init) ?? .unavailable, detail ?? "it failed for another process too",
            refusal: refusal)
    }
}

extension GroupCommit {
    /// Puts a failure onto the record.
    ///
    /// - Parameter event: what is known of the act; outcome, refusal and detail come from the error.
    /// - Returns: the error, which tells when it could not be recorded.
    func recorded(_ error: VaultError, _ event: AuditEvent) async -> VaultError {
        var event = event
        event.outcome = error.auditOutcome
        event.code = error.code.rawValue
        event.refusal = error.refusal
        event.detail = error.message
        let failed = event
        do throws(VaultError) {
            _ = try await write { (transaction) throws(VaultError) in try transaction.append(failed) }
            return error
        } catch let second {
            // A vault that cannot be written to is most often what went wrong in the first place.
            guard second.message != error.message else { return error }
            return VaultError(
                error.code, "\(error.message); and it could not be recorded: \(second.message)", hint: error.hint,
                refusal: error.refusal)
        }
    }
}

extension VaultError {
    /// Whether the provider was away or throttled, so that it may answer another time.
    var isTransient: Bool { code == .unavailable || code == .tryAgain }

    /// How an act that ended with this error is recorded.
    var auditOutcome: AuditOutcome { code == .refused || code == .policy ? .refused : .failed }
}
