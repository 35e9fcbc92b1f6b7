import FoundationEssentials
import Vault

/// A policy as it is shown.
struct PolicyRow {
    private let policy: Policy
    /// Of the profiles that are named, as they are called now.
    private let names: [ProfileName]
    /// How many profiles it covers now.
    let covered: Int

    init(_ policy: Policy, among profiles: [Profile]) {
        self.policy = policy
        names = profiles.filter { policy.coverage.profiles.contains($0.id) }.map(\.name)
        covered = profiles.count(where: policy.coverage.contains)
    }

    static var listing: Listing<PolicyRow> {
        Listing(
            columns: [
                Column("policy") { .text($0.policy.name.description) },
                Column("covers") { .text($0.policy.coverage.words(naming: $0.names)) },
                Column("profiles") { .number(Int64($0.covered)) },
                Column("allows") { $0.allows },
            ],
            json: { $1.write(to: &$0) })
    }

    var record: Record {
        Record(
            lines: [
                ("policy", .text(policy.name.description)), ("covers", .text(policy.coverage.words(naming: names))),
                ("profiles", .number(Int64(covered))), ("allows", allows),
            ],
            json: write)
    }

    private var allows: Cell {
        policy.isUnderstood ? .text(policy.rules.words) : .word("nothing: it is not understood", .bad)
    }

    private func write(to json: inout JSONText) {
        let rules = policy.rules
        json.object { json in
            json.field("allProfiles", policy.coverage.isEverything)
            json.field("audiences", rules.audiences)
            json.field("executables", rules.executables.lazy.map(\.description))
            json.field("maxSecretAge", rules.maximumSecretAge.map { Int64($0) })
            json.field("name", policy.name.description)
            json.field("profiles", names.lazy.map(\.description))
            json.field("profilesCovered", Int64(covered))
            json.field("requiresReason", rules.requiresReason)
            json.field("tags", policy.coverage.tags.lazy.map(\.description))
            json.field("uids", rules.users) { $0.literal(String($1)) }
            json.field("understood", policy.isUnderstood)
            json.field("usesPerHour", rules.usesPerHour.map { Int64($0) })
        }
    }
}
