extension AuditEntry {
    /// The fields of an entry, as `audit list -o jsonl` has them, and every copy of the record.
    package func write(to json: inout JSONText) {
        json.field("action", event.action.rawValue)
        json.field("audience", event.audience)
        json.field("caller", object: event.caller.write)
        json.field("clientId", event.clientID)
        json.field("code", event.code.map(Int64.init))
        json.field("detail", event.detail)
        json.field("keyId", event.keyID)
        json.field("outcome", event.outcome.rawValue)
        json.field("profile", event.profile)
        json.field("profileId", hexadecimal: event.profileID?.bytes)
        json.field("reason", event.reason)
        if let refusal = event.refusal {
            json.field("refusal", object: refusal.write)
        } else {
            json.field("refusal", nil as String?)
        }
        json.field("sequence", Int64(clamping: sequence))
        json.field("source", event.source?.rawValue)
        json.field("tenant", event.tenant)
        json.field("time", event.time, milliseconds: true)
        json.field("tokenExpiresAt", event.tokenExpiresAt)
        json.field("tokenHash", hexadecimal: event.tokenHash)
        json.field("tokenId", event.tokenID)
    }
}

extension Caller {
    fileprivate func write(to json: inout JSONText) {
        json.field("claimedExecutables", claimedExecutables)
        if let client {
            json.field(
                "client",
                object: { json in
                    json.field("executable", client.executable)
                    json.field("pid", Int64(client.pid))
                })
        }
        json.field("host", host)
        json.field("pid", Int64(pid))
        json.field("uid", Int64(uid))
        json.field("user", user)
    }
}

extension ProviderRefusal {
    fileprivate func write(to json: inout JSONText) {
        json.field("aadsts", aadsts.map(Int64.init))
        json.field("correlationId", correlationID)
        json.field("error", error)
        json.field("traceId", traceID)
    }
}
