internal import FoundationEssentials

extension AuditEvent {
    /// An entry about `profile`, or about the vault, as of now and by whoever asks.
    init(_ environment: VaultEnvironment, _ action: AuditAction, _ outcome: AuditOutcome, _ profile: Profile? = nil) {
        self.init(
            time: environment.now(), action: action, outcome: outcome, caller: environment.caller,
            profile: profile?.name.description, profileID: profile?.id, tenant: profile?.tenant,
            clientID: profile?.clientID)
    }

    /// Adds what is told of the token that leaves.
    mutating func add(_ token: TokenRecord, source: TokenSource) {
        self.source = source
        tokenExpiresAt = token.expiresAt
        tokenID = token.tokenID
        tokenHash = token.hash
        keyID = token.keyID
    }
}

extension VaultError {
    /// Whether the provider was away or throttled, so that it may answer another time.
    var isTransient: Bool { code == .unavailable || code == .tryAgain }

    /// How an act that ended with this error is recorded.
    var auditOutcome: AuditOutcome { code == .refused || code == .policy ? .refused : .failed }
}
