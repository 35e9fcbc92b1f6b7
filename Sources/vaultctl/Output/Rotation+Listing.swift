import FoundationEssentials
import Vault

extension Rotation {
    func record(profile: ProfileName?) -> Record {
        Record(
            lines: [
                ("profile", .text(profile?.description)), ("rotation", .text(id.description)),
                ("state", .text(state.rawValue)), ("next", .text(next)), ("started", .time(startedAt)),
                ("changed", .time(changedAt)), ("old kept until", .time(graceUntil)), ("old key id", .text(oldKeyID)),
                ("new key id", .text(newKeyID)),
                ("to be removed", .text(removing.isEmpty ? nil : removing.joined(separator: ", "))),
            ],
            json: { json in
                json.object { json in
                    write(fields: &json, profile: profile)
                }
            })
    }

    func write(fields json: inout JSONText, profile: ProfileName?) {
        json.field("changedAt", changedAt)
        json.field("graceUntil", graceUntil)
        json.field("id", hexadecimal: id.bytes)
        json.field("madeHere", isMadeHere)
        json.field("newKeyId", newKeyID)
        json.field("next", next)
        json.field("oldKeyId", oldKeyID)
        json.field("profile", profile?.description)
        json.field("removing", removing)
        json.field("startedAt", startedAt)
        json.field("state", state.rawValue)
    }

    /// What happens to it, in words.
    var next: String {
        switch state {
        case .planned: "look whether the provider made the new credential"
        case .obtained: "verify the new credential"
        case .verified: "use the new credential"
        case .promoted:
            removing.isEmpty ? "forget the old credential after the grace" : "remove the old one after the grace"
        case .retired: "remove the old credential at the provider"
        case .rolledBack: "remove the new credential at the provider"
        }
    }
}

/// A rotation with the name of its profile.
struct NamedRotation {
    var profile: ProfileName?
    var rotation: Rotation

    static var listing: Listing<NamedRotation> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile?.description) },
                Column("rotation") { .text($0.rotation.id.description) },
                Column("state") { .text($0.rotation.state.rawValue) },
                Column("started") { .time($0.rotation.startedAt) },
                Column("old kept until") { .time($0.rotation.graceUntil) },
                Column("next") { .text($0.rotation.next) },
            ],
            json: { json, named in
                json.object { json in
                    named.rotation.write(fields: &json, profile: named.profile)
                }
            })
    }
}
