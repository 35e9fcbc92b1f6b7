/// What is done about one profile of the other vault.
enum MergeStep {
    case stay(MergedProfile)
    case add(Profile, ProfileRecord)
    case replace(Profile, ProfileRecord, by: ProfileRecord, MergedProfile)

    var report: MergedProfile {
        switch self {
        case .stay(let report), .replace(_, _, _, let report): report
        case .add(let profile, let record):
            MergedProfile(
                profile: record.profile.name, outcome: .added, here: profile.name,
                detail: profile.name == record.profile.name ? nil : "\(record.profile.name) is another one here")
        }
    }
}

/// What is done about all of them, with both vaults as of one moment.
struct MergePlan {
    private(set) var steps: [MergeStep] = []
    private let ours: Snapshot
    private let theirs: Snapshot
    private let preference: MergePreference?

    init(ours: Snapshot, theirs: Snapshot, preference: MergePreference?) throws(VaultError) {
        self.ours = ours
        self.theirs = theirs
        self.preference = preference
        let (own, other) = (try ours.profiles(), try theirs.profiles())
        let pairing = ProfilePairing(
            ours: own, theirs: other, areCopies: ours.keyring.vaultID == theirs.keyring.vaultID)
        let unfinished = Set(try theirs.rotations().filter(\.rotation.isUnfinished).map(\.rotation.profile))
        var names = Set(own.map(\.name))
        var ids = Set(own.map(\.id))
        for profile in other {
            guard !unfinished.contains(profile.id) else {
                steps.append(
                    .stay(
                        MergedProfile(
                            profile: profile.name, outcome: .leftOut, here: pairing.partner(of: profile)?.name,
                            detail: "a rotation of it is unfinished there")))
                continue
            }
            let record = try theirs.profile(named: profile.name)
            if let partner = pairing.partner(of: profile) {
                steps.append(try step(for: record, try ours.profile(named: partner.name)))
            } else if let name = profile.name.unused(among: names) {
                let added = taken(profile, id: ids.contains(profile.id) ? .random() : profile.id, name: name)
                names.insert(name)
                ids.insert(added.id)
                steps.append(.add(added, record))
            } else {
                steps.append(
                    .stay(
                        MergedProfile(
                            profile: profile.name, outcome: .leftOut,
                            detail: "\(profile.name) is another one here, and the name is too long for a number")))
            }
        }
    }

    /// For a profile that is here, too.
    private func step(for record: ProfileRecord, _ own: ProfileRecord) throws(VaultError) -> MergeStep {
        var differences = record.profile.differences(from: own.profile)
        if !(try theirs.secret(of: record)).equals(try ours.secret(of: own)) {
            differences.insert(record.newerWords(than: own), at: 0)
        }
        var report = MergedProfile(
            profile: record.profile.name, outcome: .same, here: own.profile.name,
            detail: differences.isEmpty ? nil : differences.joined(separator: ", "))
        guard !differences.isEmpty else { return .stay(report) }
        switch preference {
        case nil: report.outcome = .conflict
        case .ours: report.outcome = .kept
        case .theirs:
            guard try !ours.rotations(of: own.profile.id).contains(where: \.rotation.isUnfinished) else {
                report.outcome = .leftOut
                report.detail = "a rotation of it is unfinished here"
                return .stay(report)
            }
            report.outcome = .replaced
            let profile = taken(record.profile, id: own.profile.id, name: own.profile.name)
            return .replace(profile, own, by: record, report)
        }
        return .stay(report)
    }

    /// A profile of theirs as it is stored here.
    private func taken(_ profile: Profile, id: RowID, name: ProfileName) -> Profile {
        var credential = profile.credential
        // Only what this vault had made is removed at the provider unasked.
        if theirs.keyring.vaultID != ours.keyring.vaultID { credential.rotation = nil }
        return Profile(
            id: id, name: name, destination: profile.destination, tenant: profile.tenant, clientID: profile.clientID,
            credential: credential, audience: profile.audience, subscription: profile.subscription,
            tags: profile.tags, about: profile.about, createdAt: profile.createdAt, updatedAt: profile.updatedAt)
    }
}

extension ProfileRecord {
    /// How two credentials differ.
    fileprivate func newerWords(than other: ProfileRecord) -> String {
        let (theirs, ours) = (profile.credential.storedAt, other.profile.credential.storedAt)
        if theirs == ours { return "secret" }
        return theirs > ours ? "secret (theirs is newer)" : "secret (ours is newer)"
    }
}
