import Vault

extension CachedToken {
    /// `tokens`: profile, tenant, audience, issued, expires.
    static var listing: Listing<CachedToken> {
        Listing(
            columns: [
                Column("profile") { .text($0.profile.description) },
                Column("tenant") { .text($0.tenant) },
                Column("audience") { .text($0.audience.resource) },
                Column("issued") { .time($0.issuedAt) },
                Column("expires") { .time($0.expiresAt) },
            ],
            json: { json, token in
                json.object { json in
                    json.field("audience", token.audience.resource)
                    json.field("expiresAt", token.expiresAt)
                    json.field("issuedAt", token.issuedAt)
                    json.field("profile", token.profile.description)
                    json.field("scope", token.audience.scope)
                    json.field("tenant", token.tenant)
                }
            })
    }
}
