import FoundationEssentials
import Vault

extension LearnedDate {
    private var tone: Tone {
        switch result {
        case .changed, .unchanged: .good
        case .ambiguous: .doubtful
        case .missing, .failed: .bad
        }
    }

    /// `edit --live`.
    static var listing: Listing<LearnedDate> {
        Listing(
            columns: [
                Column("profile", .cut(to: 20)) { .text($0.profile.description) },
                Column("result") { .word($0.result.rawValue, $0.tone) },
                Column("key id", .leaves(1)) { .text($0.keyID) },
                Column("expires") { .time($0.expiresAt) },
                Column("detail", .cut(to: 20)) { .text($0.detail) },
            ],
            json: { json, row in
                json.object { json in
                    json.field("detail", row.detail)
                    json.field("exitCode", Int64(row.error?.code.rawValue ?? 0))
                    json.field("expiresAt", row.expiresAt)
                    json.field("keyId", row.keyID)
                    json.field("profile", row.profile.description)
                    json.field("result", row.result.rawValue)
                }
            })
    }
}
