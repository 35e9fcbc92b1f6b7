import FoundationEssentials
import Vault

/// A credential whose end is near, or past.
struct ExpiringCredential {
    var name: String
    var keyID: String?
    var expiresAt: Date
    /// Whole days that are left; negative once it is past.
    var days: Int

    /// Those of `profiles` that expire within so many days, the first to expire first.
    static func among(_ profiles: [Profile], within days: Int, now: Date) -> [ExpiringCredential] {
        profiles.compactMap { profile in
            guard let expiresAt = profile.credential.expiresAt else { return nil }
            let left = Int((expiresAt.timeIntervalSince(now) / 86_400).rounded(.down))
            guard left <= days else { return nil }
            return ExpiringCredential(
                name: profile.name.description, keyID: profile.credential.keyID, expiresAt: expiresAt, days: left)
        }
        .sorted { ($0.expiresAt, $0.name) < ($1.expiresAt, $1.name) }
    }

    var text: String {
        switch days {
        case ..<0: "expired"
        case 0: "today"
        case 1: "in 1 day"
        default: "in \(days) days"
        }
    }

    /// Refused from now on, soon, or later.
    var tone: PlotTone { days < 0 ? .refused : days < 30 ? .soon : .plain }
}
