import FoundationEssentials
import Vault

extension AuditEntry {
    /// `audit list`: number, time, action, outcome, profile, audience, source, user, host, what else is known.
    static var listing: Listing<AuditEntry> {
        Listing(
            columns: [
                Column("entry") { .number(Int64(clamping: $0.sequence)) },
                Column("time") { .time($0.event.time) },
                Column("action") { .text($0.event.action.rawValue) },
                Column("outcome") { .word($0.event.outcome.rawValue, $0.event.outcome.tone) },
                Column("profile") { .text($0.event.profile) },
                Column("audience") { .text($0.event.audience) },
                Column("source") { .text($0.event.source?.rawValue) },
                Column("user") { .text($0.event.caller.user) },
                Column("host") { .text($0.event.caller.host) },
                Column("detail") { .text($0.event.shortDetail) },
            ],
            json: { json, entry in json.object(entry.write) })
    }

    /// The fields of an entry.
    func write(to json: inout JSONText) {
        json.field("action", event.action.rawValue)
        json.field("audience", event.audience)
        json.field("caller", object: event.caller.write)
        json.field("clientId", event.clientID)
        json.field("code", event.code.map(Int64.init))
        json.field("detail", event.detail)
        json.field("keyId", event.keyID)
        json.field("outcome", event.outcome.rawValue)
        json.field("profile", event.profile)
        json.field("profileId", hexadecimal: event.profileID?.bytes)
        json.field("reason", event.reason)
        if let refusal = event.refusal {
            json.field("refusal", object: refusal.write)
        } else {
            json.field("refusal", nil as String?)
        }
        json.field("sequence", Int64(clamping: sequence))
        json.field("source", event.source?.rawValue)
        json.field("tenant", event.tenant)
        json.field("time", event.time, milliseconds: true)
        json.field("tokenExpiresAt", event.tokenExpiresAt)
        json.field("tokenHash", hexadecimal: event.tokenHash)
        json.field("tokenId", event.tokenID)
    }
}

extension AuditOutcome {
    fileprivate var tone: Tone {
        switch self {
        case .ok: .good
        case .refused, .failed: .bad
        case .started: .doubtful
        }
    }
}

extension AuditEvent {
    /// What a person wants to see at the end of the line.
    fileprivate var shortDetail: String? {
        let parts = [refusal?.aadsts.map { "AADSTS\($0)" } ?? refusal?.error, detail, reason].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }
}

extension Caller {
    fileprivate func write(to json: inout JSONText) {
        json.field("claimedExecutables", claimedExecutables)
        if let client {
            json.field(
                "client",
                object: { json in
                    json.field("executable", client.executable)
                    json.field("pid", Int64(client.pid))
                })
        }
        json.field("host", host)
        json.field("pid", Int64(pid))
        json.field("uid", Int64(uid))
        json.field("user", user)
    }
}

extension ProviderRefusal {
    fileprivate func write(to json: inout JSONText) {
        json.field("aadsts", aadsts.map(Int64.init))
        json.field("correlationId", correlationID)
        json.field("error", error)
        json.field("traceId", traceID)
    }
}
