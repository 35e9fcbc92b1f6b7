import FoundationEssentials

extension EntraEmulator {
    /// Whether the replica of the token endpoint that this request meets knows `credential`.
    ///
    /// There are two: one that knows every change at once, and one that learns of it ``Replication/tokenDelay`` later.
    /// Without alternation all requests meet the later one.
    func isKnown(_ credential: some DatedCredential, in tenant: Tenant) -> Bool {
        let ahead = credential.life.includes(now)
        let behind = credential.life.includes(now - tenant.replication.tokenDelay)
        guard tenant.replication.alternating, ahead != behind else { return behind }
        let turn = replicaTurns[credential.keyId, default: 0]
        replicaTurns[credential.keyId] = turn + 1
        return turn.isMultiple(of: 2) ? behind : ahead
    }

    /// Whether Graph's answers show `credential`.
    func isShown(_ credential: some DatedCredential, in tenant: Tenant) -> Bool {
        credential.life.includes(now - tenant.replication.readDelay)
    }
}
