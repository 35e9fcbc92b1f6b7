import Vault

extension Exposure {
    /// `audit list --exposed-since`: profile, exposures, first, last, hosts, users, key ids, what else is to be known.
    static var listing: Listing<Exposure> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile.name.description) },
                Column("exposures") { .number(Int64($0.count)) },
                Column("first") { .time($0.first) },
                Column("last") { .time($0.last) },
                Column("hosts") { .text($0.hosts.listed) },
                Column("users") { .text($0.actors.listed) },
                Column("key ids") { .text($0.keyIDs.listed) },
                Column("state") { .text($0.state) },
            ],
            json: { json, exposure in
                json.object { json in
                    json.field("exposures", Int64(exposure.count))
                    json.field("firstAt", exposure.first)
                    json.field("hosts", exposure.hosts.sorted())
                    json.field("keyIds", exposure.keyIDs.sorted())
                    json.field("lastAt", exposure.last)
                    json.field("profile", exposure.profile.name.description)
                    json.field("profileId", hexadecimal: exposure.profile.id.bytes)
                    json.field("revealed", exposure.isRevealed)
                    json.field("rotating", exposure.isBeingRotated)
                    json.field("users", exposure.actors.sorted())
                }
            })
    }

    private var state: String? {
        let words = (isRevealed ? ["revealed"] : []) + (isBeingRotated ? ["rotating"] : [])
        return words.isEmpty ? nil : words.joined(separator: ",")
    }
}

extension Set<String> {
    /// Nil for none.
    fileprivate var listed: String? { isEmpty ? nil : sorted().joined(separator: ",") }
}
