import FoundationEssentials
import Vault

/// One credential that a provider has, as `rotate --dry-run` and `rotation orphans` show it.
struct PlanRow: Sendable {
    var plan: RotationPlan
    var entry: RotationPlan.Entry

    /// What a rotation would do about it.
    private var fate: String {
        switch entry.standing {
        case .current: "replaced, kept for the grace"
        case .rotating: plan.rotation.map { $0.next } ?? "kept"
        case .orphan: "kept; vaultctl rotation orphans --remove"
        case .foreign: "kept; --retire removes it"
        }
    }

    private var tone: Tone {
        switch entry.standing {
        case .current: .good
        case .rotating, .foreign: .doubtful
        case .orphan: .bad
        }
    }

    static var listing: Listing<PlanRow> {
        Listing(
            columns: [
                Column("profile") { .text($0.plan.profile.description) },
                Column("key id") { .text($0.entry.credential.keyID) },
                Column("standing") { .word($0.entry.standing.rawValue, $0.tone) },
                Column("name") { .text($0.entry.credential.name) },
                Column("expires") { .time($0.entry.credential.expiresAt) },
                Column("then") { .text($0.fate) },
            ],
            json: { json, row in
                json.object { json in
                    json.field("expiresAt", row.entry.credential.expiresAt)
                    json.field("hint", row.entry.credential.hint)
                    json.field("keyId", row.entry.credential.keyID)
                    json.field("limit", row.plan.limit.map(Int64.init))
                    json.field("name", row.entry.credential.name)
                    json.field("profile", row.plan.profile.description)
                    json.field("standing", row.entry.standing.rawValue)
                    json.field("startsAt", row.entry.credential.startsAt)
                    json.field("then", row.fate)
                }
            })
    }
}
