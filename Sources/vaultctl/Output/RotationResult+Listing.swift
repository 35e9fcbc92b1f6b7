import FoundationEssentials
import Vault

/// What came of one profile's part of an order.
struct RotationResult: Sendable {
    var profile: ProfileName
    /// Nil when it is over, or failed.
    var rotation: Rotation?
    var error: VaultError?

    /// Of two parts that are about the same profile: what failed, and what came last.
    func merging(_ later: RotationResult) -> RotationResult {
        RotationResult(
            profile: profile, rotation: later.rotation ?? rotation, error: error ?? later.error)
    }

    /// Refused before everything else, then what failed first by name.
    static func exitCode(of results: [RotationResult]) -> VaultError.Code? {
        let codes = results.compactMap { $0.error?.code }
        return codes.contains(.refused) ? .refused : codes.first
    }

    /// Such as `297 done, 2 refused, 1 busy`.
    static func summary(of results: [RotationResult]) -> String {
        let counts = Dictionary(grouping: results, by: \.word.0).mapValues(\.count)
        return ["done", "refused", "busy", "failed"].compactMap { word in counts[word].map { "\($0) \(word)" } }
            .joined(separator: ", ")
    }

    private var word: (String, Tone) {
        switch error?.code {
        case nil: ("done", .good)
        case .refused: ("refused", .bad)
        case .tryAgain: ("busy", .doubtful)
        default: ("failed", .bad)
        }
    }

    static var listing: Listing<RotationResult> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile.description) },
                Column("result") { .word($0.word.0, $0.word.1) },
                Column("state") { .text($0.rotation?.state.rawValue) },
                Column("new key id") { .text($0.rotation?.newKeyID) },
                Column("old kept until") { .time($0.rotation?.graceUntil) },
                Column("detail") { .text($0.error?.message) },
            ],
            json: { json, result in
                json.object { json in
                    json.field("detail", result.error?.message)
                    json.field("exitCode", Int64(result.error?.code.rawValue ?? 0))
                    json.field("hint", result.error?.hint)
                    json.field("profile", result.profile.description)
                    json.field("result", result.word.0)
                    if let rotation = result.rotation {
                        json.field("rotation", object: { rotation.write(fields: &$0, profile: result.profile) })
                    }
                }
            })
    }

    /// For one that did not fail.
    var record: Record {
        guard let rotation else {
            return Record(
                lines: [("profile", .text(profile.description)), ("state", .text("finished"))],
                json: { json in
                    json.object { json in
                        json.field("profile", profile.description)
                        json.field("state", "finished")
                    }
                })
        }
        return rotation.record(profile: profile)
    }
}
