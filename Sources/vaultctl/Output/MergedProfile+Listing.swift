import Vault

extension MergedProfile {
    static var listing: Listing<MergedProfile> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile.description) },
                Column("result") { .word($0.outcome.rawValue, $0.outcome.tone) },
                Column("here") { .text($0.here?.description) },
                Column("detail") { .text($0.detail) },
            ],
            json: { json, merged in
                json.object { json in
                    json.field("detail", merged.detail)
                    json.field("here", merged.here?.description)
                    json.field("profile", merged.profile.description)
                    json.field("result", merged.outcome.rawValue)
                }
            })
    }
}

extension MergedProfile.Outcome {
    fileprivate var tone: Tone {
        switch self {
        case .added, .same, .replaced: .good
        case .kept, .leftOut: .doubtful
        case .conflict: .bad
        }
    }
}

extension Merged {
    /// Such as `added 3, same 2, conflict 1; settings, selections, policies and tokens stay where they are`.
    var summary: String {
        let counts = MergedProfile.Outcome.allCases.compactMap { outcome in
            let count = profiles.count { $0.outcome == outcome }
            return count == 0 ? nil : "\(outcome.rawValue) \(count)"
        }
        let what = counts.isEmpty ? "the other vault has no profiles" : counts.joined(separator: ", ")
        return what + "; settings, selections, policies and tokens are not taken over"
    }
}
