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
