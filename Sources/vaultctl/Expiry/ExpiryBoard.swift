import FoundationEssentials
import Vault

/// When the credentials of profiles end, as the vault knows it, and as providers have it where they were asked.
struct ExpiryBoard {
    /// All that was found, the first to end first.
    let rows: [ExpiryRow]
    /// Whether providers were asked.
    let isLive: Bool
    let madeAt: Date

    /// - Parameters:
    ///   - soon: what ends until then is due.
    ///   - live: what providers said, by profile; nil where none was asked.
    init(
        _ profiles: [Profile], uses: [ProfileUse], rotations: [Rotation], now: Date, soon: Date,
        live: LiveCredentials?
    ) {
        let uses = Dictionary(uses.map { ($0.profile, $0) }, uniquingKeysWith: { first, _ in first })
        let rotations = Dictionary(grouping: rotations, by: \.profile)
        var rows: [ExpiryRow] = []
        for profile in profiles {
            // Of several the one that is not over.
            let own = rotations[profile.id] ?? []
            var row = ExpiryRow(
                profile: profile, state: .unknown, keyID: profile.credential.keyID,
                expiresAt: profile.credential.expiresAt, use: uses[profile.id] ?? ProfileUse(profile: profile.id),
                rotation: own.first { $0.state != .promoted } ?? own.first)
            row.isGraceOver = row.rotation?.graceUntil.map { $0 <= now } ?? false
            row.state = Self.state(of: row, now: now, soon: soon)
            if let live { live.tell(&row, now: now, soon: soon) }
            rows.append(row)
        }
        if let live { rows += live.unknown(of: profiles) }
        self.rows = rows.sorted(by: ExpiryRow.isBefore)
        isLive = live != nil
        madeAt = now
    }

    /// What its date says.
    static func state(of row: ExpiryRow, now: Date, soon: Date) -> ExpiryState {
        // What has no secret of its own has none that ends.
        guard row.profile.credential.kind != .federated else { return .ok }
        guard let end = row.expiresAt else { return .unknown }
        return end <= now ? .expired : end <= soon ? .due : .ok
    }

    func shown(all: Bool) -> [ExpiryRow] { all ? rows : rows.filter { $0.isShown(isLive: isLive) } }

    /// How many somebody has to do something about.
    var due: Int { rows.count { $0.state.isDue } }

    /// How many may end at any time, for all that is known.
    var unknown: Int { rows.count { $0.isOfUnknownEnd } }

    /// Of how many the provider told nothing.
    var unasked: Int { rows.count { $0.isSilent } }
}
