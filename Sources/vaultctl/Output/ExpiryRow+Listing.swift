import FoundationEssentials
import Vault

extension ExpiryRow {
    /// `expiring`. On a narrow terminal ids go first, and who was given tokens stays as long as there is room.
    static var listing: Listing<ExpiryRow> {
        Listing(
            columns: [
                Column("profile", .cut(to: 24)) { .text($0.profile.name.description) },
                Column("state") { row in
                    row.state.tone.map { .word(row.state.rawValue, $0) } ?? .text(row.state.rawValue)
                },
                Column("expires") { row in
                    row.state == .ok
                        ? .time(row.expiresAt)
                        : row.state.tone.map { .moment(row.expiresAt, $0) }
                            ?? .time(row.expiresAt)
                },
                Column("kind", .leaves(5)) { .text($0.profile.credential.kind.rawValue) },
                Column("last issued", .leaves(3)) { .time($0.use?.last?.time) },
                Column("given to", .cut(to: 16, leaves: 2)) { .text($0.recipientsText) },
                Column("audience", .cut(to: 16, leaves: 6)) { .text($0.use?.last?.audience) },
                Column("rotation", .leaves(4)) { .text($0.rotationText) },
                Column("tenant", .leaves(7)) { .text($0.profile.tenant.isEmpty ? nil : $0.profile.tenant) },
                Column("key id", .leaves(8)) { .text($0.keyID) },
                Column("detail", .cut(to: 16, leaves: 1)) { .text($0.detail) },
            ],
            json: { $1.write(to: &$0) })
    }

    private var recipientsText: String? {
        guard let use, !use.recipients.isEmpty else { return nil }
        let more = use.otherRecipients > 0 ? ["\(use.otherRecipients) more"] : []
        return (use.recipients.map(\.text) + more).joined(separator: ", ")
    }

    private func write(to json: inout JSONText) {
        json.object { json in
            json.field("clientId", profile.clientID)
            json.field("detail", detail)
            json.field("exitCode", Int64(error?.code.rawValue ?? 0))
            json.field("expiresAt", expiresAt)
            if let use { json.field("givenTo", use.recipients, { $1.write(to: &$0) }) }
            json.field("keyId", keyID)
            json.field("kind", profile.credential.kind.rawValue)
            if let use { json.field("lastIssued", object: { use.writeLast(to: &$0) }) }
            if let use { json.field("othersGivenTo", Int64(use.otherRecipients)) }
            json.field("profile", profile.name.description)
            json.field("rotation", rotation?.state.rawValue)
            json.field("state", state.rawValue)
            json.field("tenant", profile.tenant)
            // What the vault has where that is not the provider's date.
            if differs { json.field("vaultExpiresAt", profile.credential.expiresAt) }
        }
    }
}

extension ProfileUse {
    /// All of it is null where no token was ever given out.
    fileprivate func writeLast(to json: inout JSONText) {
        json.field("at", last?.time)
        json.field("audience", last?.audience)
        json.field("host", last?.host)
        json.field("user", last?.user)
    }
}

extension ProfileUse.Recipient {
    fileprivate func write(to json: inout JSONText) {
        json.object { json in
            json.field("executable", executable)
            json.field("host", host)
            json.field("lastAt", last)
            json.field("tokens", Int64(tokens))
            json.field("user", user)
        }
    }
}
