internal import FoundationEssentials
internal import Vault
internal import VaultProtos

extension AuditQuery {
    var message: AgentRequest.AuditEntries {
        var message = AgentRequest.AuditEntries()
        message.profiles = profiles
        message.since = since.map(Self.milliseconds) ?? 0
        message.until = until.map(Self.milliseconds) ?? 0
        message.actions = actions.map(\.rawValue)
        message.outcomes = outcomes.map(\.rawValue)
        if let audience { message.audience = audience }
        if let actor { message.actor = actor }
        if let host { message.host = host }
        if let from { message.from = from }
        if let before { message.before = before }
        if let limit { message.limit = UInt64(clamping: limit) }
        return message
    }

    /// - Throws: code `usage` for an action or an outcome that is not known, and for a time or a limit that is none.
    init(_ message: AgentRequest.AuditEntries) throws(VaultError) {
        let actions = message.actions.compactMap(AuditAction.init(rawValue:))
        guard actions.count == message.actions.count else {
            throw VaultError(.usage, "an action is none that this program knows", hint: "vaultctl audit list --help")
        }
        let outcomes = message.outcomes.compactMap(AuditOutcome.init(rawValue:))
        guard outcomes.count == message.outcomes.count else {
            throw VaultError(.usage, "an outcome is none that this program knows", hint: "vaultctl audit list --help")
        }
        guard !message.hasLimit || Int(exactly: message.limit) != nil else {
            throw VaultError(.usage, "the limit is too large")
        }
        self.init(
            profiles: message.profiles, since: try Date(checked: message.since),
            until: try Date(checked: message.until), actions: actions, outcomes: outcomes,
            audience: message.hasAudience ? message.audience : nil, actor: message.hasActor ? message.actor : nil,
            host: message.hasHost ? message.host : nil, from: message.hasFrom ? message.from : nil,
            before: message.hasBefore ? message.before : nil,
            limit: message.hasLimit ? Int(exactly: message.limit) : nil)
    }

    /// The first moment of 1970 would be read as none; no entry is that old, so that the next millisecond asks for the
    /// same.
    private static func milliseconds(_ time: Date) -> Int64 {
        time.milliseconds == 0 ? 1 : time.milliseconds
    }
}
