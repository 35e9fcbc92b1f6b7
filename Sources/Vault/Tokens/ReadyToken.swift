internal import FoundationEssentials
internal import Synchronization

/// A token of the cache with its entry, made ready before the transaction that puts the entry onto the record: those who
/// share the transaction need not wait for that.
final class ReadyToken: Sendable {
    let found: WarmTokens.Entry
    let event: EncodedAuditEvent
    private let value: Mutex<SecretBytes?>
    private let source: TokenSource
    private let warning: String?

    /// - Parameter failure: why it is given though it lives shorter than was asked for; nil when it lives long enough.
    init(
        _ found: WarmTokens.Entry, _ request: TokenRequest, _ purpose: TokenPurpose, because failure: VaultError?,
        _ keyring: Keyring, _ environment: VaultEnvironment
    ) throws(VaultError) {
        self.found = found
        source = failure == nil ? .cache : .staleCache
        let record = found.token.record
        var event = found.wish.event(.issue, .ok, in: environment, reason: request.reason)
        event.add(record, source: source)
        event.detail = purpose.detail(failure?.message)
        self.event = try EncodedAuditEvent(event)
        value = Mutex(try keyring.value(of: found.token))
        warning = failure.map {
            let left = Int(record.expiresAt.timeIntervalSince(environment.now()))
            return "\($0.message); giving the token from the cache, which lives \(left) more seconds"
        }
    }

    /// The token, once its entry is durable.
    ///
    /// - Parameter sequence: the number of the entry.
    func issued(_ sequence: UInt64) throws(VaultError) -> IssuedToken {
        guard let value = value.withLock({ $0.take() }) else {
            throw VaultError(.internalError, "a token was given twice")
        }
        return IssuedToken(
            value: value,
            details: found.wish.details(found.token.record, source: source, sequence: sequence, warning: warning))
    }
}
