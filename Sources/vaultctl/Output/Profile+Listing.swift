import FoundationEssentials
import Vault

extension Profile {
    /// `list`: name, tenant, client id, audience, when the secret expires, tags.
    static var listing: Listing<Profile> {
        Listing(
            columns: [
                Column("name", .cut(to: 20)) { .text($0.name.description) },
                Column("tenant", .leaves(4)) { .text($0.tenant) },
                Column("client id", .leaves(2)) { .text($0.clientID) },
                Column("audience", .cut(to: 16, leaves: 3)) { .text($0.audience?.resource) },
                Column("secret expires") { .time($0.credential.expiresAt) },
                Column("tags", .cut(to: 8, leaves: 1)) {
                    .text($0.tags.isEmpty ? nil : $0.tags.map(\.description).joined(separator: ","))
                },
            ],
            json: { $1.write(to: &$0) })
    }

    /// `add` and `edit`.
    var record: Record { record(rotations: []) }

    /// `show`: with what rotations keep, or left unfinished.
    func record(rotations: [Rotation]) -> Record {
        let previous = rotations.first { $0.state == .promoted }?.graceUntil
        let unfinished = rotations.first { $0.state != .promoted }?.state.rawValue
        var lines: [(String, Cell)] = [
            ("name", .text(name.description)), ("id", .text(id.description)),
            ("provider", .text(destination.provider.rawValue)), ("cloud", .text(destination.cloud.name)),
            ("authority", .text(destination.cloud.authority)), ("graph", .text(destination.cloud.graph)),
            ("arm", .text(destination.cloud.arm)), ("workspace", .text(destination.workspace)),
        ]
        if let account = destination.account {
            lines += [("account", .text(account.id)), ("accounts host", .text(account.host))]
        }
        lines += [
            ("tenant", .text(tenant.isEmpty ? nil : tenant)), ("client id", .text(clientID)),
            ("audience", .text(audience?.resource)), ("subscription", .text(subscription)),
            ("credential", .text(credential.kind.rawValue)),
        ]
        if let source = destination.assertion { lines.append(("assertion from", .text(source.description))) }
        if let form = credential.assertionForm { lines.append(("assertion", .text(form.description))) }
        lines += [
            ("key id", .text(credential.keyID)), ("secret stored", .time(credential.storedAt)),
            ("secret expires", .time(credential.expiresAt)), ("previous secret until", .time(previous)),
            ("unfinished rotation", .text(unfinished)),
            ("tags", .text(tags.isEmpty ? nil : tags.map(\.description).joined(separator: ", "))),
            ("description", .text(about)), ("created", .time(createdAt)), ("updated", .time(updatedAt)),
        ]
        return Record(
            lines: lines,
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
        json.field("account", destination.account?.id)
        json.field("accountsHost", destination.account?.host)
        json.field("arm", destination.cloud.arm)
        json.field("audience", audience?.resource)
        json.field("authority", destination.cloud.authority)
        json.field("clientId", clientID)
        json.field("cloud", destination.cloud.name)
        json.field("createdAt", createdAt)
        json.field(
            "credential",
            object: { json in
                json.field("assertionAlgorithm", credential.assertionForm?.algorithm.rawValue)
                json.field("assertionFrom", destination.assertion?.description)
                json.field("expiresAt", credential.expiresAt)
                json.field("keyId", credential.keyID)
                json.field("kind", credential.kind.rawValue)
                if let form = credential.assertionForm { json.field("sendsChain", form.sendsChain) }
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

extension AssertionForm {
    fileprivate var description: String { algorithm.rawValue + (sendsChain ? ", with the chain" : "") }
}
