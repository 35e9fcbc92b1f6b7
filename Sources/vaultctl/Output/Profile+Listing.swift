import FoundationEssentials
import Vault

extension Profile {
    /// `list`: name, tenant, client id, audience, when the secret expires, tags.
    static var listing: Listing<Profile> {
        Listing(
            columns: [
                Column("name") { .text($0.name.description) },
                Column("tenant") { .text($0.tenant) },
                Column("client id") { .text($0.clientID) },
                Column("audience") { .text($0.audience?.resource) },
                Column("secret expires") { .time($0.credential.expiresAt) },
                Column("tags") { .text($0.tags.isEmpty ? nil : $0.tags.map(\.description).joined(separator: ",")) },
            ],
            json: { $1.write(to: &$0) })
    }

    /// `add` and `edit`.
    var record: Record { record(rotations: []) }

    /// `show`: with what rotations keep, or left unfinished.
    func record(rotations: [Rotation]) -> Record {
        let previous = rotations.first { $0.state == .promoted }?.graceUntil
        let unfinished = rotations.first { $0.state != .promoted }?.state.rawValue
        return Record(
            lines: [
                ("name", .text(name.description)), ("id", .text(id.description)),
                ("provider", .text(destination.provider.rawValue)), ("cloud", .text(destination.cloud.name)),
                ("authority", .text(destination.cloud.authority)), ("graph", .text(destination.cloud.graph)),
                ("arm", .text(destination.cloud.arm)), ("workspace", .text(destination.workspace)),
                ("tenant", .text(tenant)), ("client id", .text(clientID)), ("audience", .text(audience?.resource)),
                ("subscription", .text(subscription)), ("credential", .text(credential.kind.rawValue)),
                ("key id", .text(credential.keyID)), ("secret stored", .time(credential.storedAt)),
                ("secret expires", .time(credential.expiresAt)), ("previous secret until", .time(previous)),
                ("unfinished rotation", .text(unfinished)),
                ("tags", .text(tags.isEmpty ? nil : tags.map(\.description).joined(separator: ", "))),
                ("description", .text(about)), ("created", .time(createdAt)), ("updated", .time(updatedAt)),
            ],
            json: { json in
                json.object { write(fields: &$0, kept: Kept(previousUntil: previous, unfinished: unfinished)) }
            })
    }

    /// What rotations tell, in the words of the output.
    private struct Kept {
        var previousUntil: Date?
        var unfinished: String?
    }

    private func write(to json: inout JSONText) {
        json.object { write(fields: &$0, kept: nil) }
    }

    /// - Parameter kept: nil where rotations are not told, as in a list.
    private func write(fields json: inout JSONText, kept: Kept?) {
        json.field("arm", destination.cloud.arm)
        json.field("audience", audience?.resource)
        json.field("authority", destination.cloud.authority)
        json.field("clientId", clientID)
        json.field("cloud", destination.cloud.name)
        json.field("createdAt", createdAt)
        json.field(
            "credential",
            object: { json in
                json.field("expiresAt", credential.expiresAt)
                json.field("keyId", credential.keyID)
                json.field("kind", credential.kind.rawValue)
                json.field("storedAt", credential.storedAt)
            })
        json.field("description", about)
        json.field("graph", destination.cloud.graph)
        json.field("id", hexadecimal: id.bytes)
        json.field("name", name.description)
        if let kept { json.field("previousSecretUntil", kept.previousUntil) }
        json.field("provider", destination.provider.rawValue)
        json.field("scope", audience?.scope)
        json.field("subscription", subscription)
        json.field("tags", tags.lazy.map(\.description))
        json.field("tenant", tenant)
        if let kept { json.field("unfinishedRotation", kept.unfinished) }
        json.field("updatedAt", updatedAt)
        json.field("workspace", destination.workspace)
    }
}
