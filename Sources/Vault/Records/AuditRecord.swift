internal import FoundationEssentials
internal import SwiftProtobuf
package import VaultProtos

extension Snapshot {
    /// Opens an entry.
    func entry(_ row: SealedAuditRow) throws(VaultError) -> AuditEntry { try keyring.entry(row) }
}

extension Keyring {
    /// The key that opens this row and no other.
    ///
    /// - Throws: code `damaged` when it was not sealed with these keys.
    func recordKey(of row: SealedAuditRow) throws(VaultError) -> SecretBytes {
        guard let key = recordKey(of: row.meta, at: .audit(row.sequence)) else {
            throw .damaged("audit entry \(row.sequence) does not open")
        }
        return key
    }

    /// Opens an entry.
    func entry(_ row: SealedAuditRow) throws(VaultError) -> AuditEntry {
        guard let opened = openMeta(row.meta, at: .audit(row.sequence)), opened.header.version == 0 else {
            throw .damaged("audit entry \(row.sequence) does not open")
        }
        do {
            let sealed = try SealedAuditEvent(serializedBytes: opened.plaintext)
            if let event = AuditEvent(sealed) { return AuditEntry(sequence: row.sequence, event: event) }
        } catch {
            throw .damaged("audit entry \(row.sequence): its content is not a message")
        }
        throw .damaged("audit entry \(row.sequence): its content is not understood")
    }
}

/// An entry of the record, but for its number: what can be made before the transaction that appends it.
struct EncodedAuditEvent: Sendable {
    let bytes: [UInt8]
    /// The use of a token that it records.
    let use: TokenUse?

    init(_ event: AuditEvent) throws(VaultError) {
        use = event.use
        do {
            bytes = try SealedAuditEvent(event).serializedBytes()
        } catch {
            throw VaultError(.internalError, "an entry of the record cannot be encoded")
        }
    }

    /// - Returns: nil when it is not what `init` made.
    var event: AuditEvent? {
        guard let sealed = try? SealedAuditEvent(serializedBytes: bytes) else { return nil }
        return AuditEvent(sealed)
    }
}

extension SealedAuditEvent {
    package init(_ event: AuditEvent) {
        self.init()
        time = event.time.milliseconds
        action = event.action.rawValue
        outcome = event.outcome.rawValue
        caller = .with { caller in
            caller.uid = event.caller.uid
            caller.pid = event.caller.pid
            caller.user = event.caller.user
            caller.host = event.caller.host
            caller.claimedExecutables = event.caller.claimedExecutables
            if let client = event.caller.client { caller.client = .init(client) }
        }
        profile = event.profile ?? ""
        profileID = .init(event.profileID?.bytes ?? [])
        audience = event.audience ?? ""
        tenant = event.tenant ?? ""
        clientID = event.clientID ?? ""
        source = event.source?.rawValue ?? ""
        keyID = event.keyID ?? ""
        tokenExpires = event.tokenExpiresAt?.milliseconds ?? 0
        tokenID = event.tokenID ?? ""
        tokenHash = .init(event.tokenHash ?? [])
        if let refusal = event.refusal {
            self.refusal.error = refusal.error
            self.refusal.aadsts = Int64(refusal.aadsts ?? 0)
            self.refusal.traceID = refusal.traceID ?? ""
            self.refusal.correlationID = refusal.correlationID ?? ""
        }
        code = event.code ?? 0
        reason = event.reason ?? ""
        detail = event.detail ?? ""
    }
}

extension SealedAuditEvent.Caller.Client {
    package init(_ client: Caller.Client) {
        self.init()
        pid = client.pid
        executable = client.executable ?? ""
    }
}

extension Caller.Client {
    package init(_ sealed: SealedAuditEvent.Caller.Client) {
        self.init(pid: sealed.pid, executable: sealed.executable.nonEmpty)
    }
}

extension AuditEvent {
    /// - Returns: nil for words that this program does not know.
    package init?(_ sealed: SealedAuditEvent) {
        guard let time = Date(milliseconds: sealed.time), let action = AuditAction(rawValue: sealed.action),
            let outcome = AuditOutcome(rawValue: sealed.outcome)
        else { return nil }
        let caller = Caller(
            uid: sealed.caller.uid, pid: sealed.caller.pid, user: sealed.caller.user, host: sealed.caller.host,
            claimedExecutables: sealed.caller.claimedExecutables,
            client: sealed.caller.hasClient ? Caller.Client(sealed.caller.client) : nil)
        let refusal = ProviderRefusal(
            error: sealed.refusal.error,
            aadsts: sealed.refusal.aadsts == 0 ? nil : Int(sealed.refusal.aadsts),
            traceID: sealed.refusal.traceID.nonEmpty, correlationID: sealed.refusal.correlationID.nonEmpty)
        self.init(
            time: time, action: action, outcome: outcome, caller: caller, profile: sealed.profile.nonEmpty,
            profileID: RowID(Array(sealed.profileID)), audience: sealed.audience.nonEmpty,
            tenant: sealed.tenant.nonEmpty, clientID: sealed.clientID.nonEmpty,
            source: TokenSource(rawValue: sealed.source), keyID: sealed.keyID.nonEmpty,
            tokenExpiresAt: Date(milliseconds: sealed.tokenExpires), tokenID: sealed.tokenID.nonEmpty,
            tokenHash: sealed.tokenHash.isEmpty ? nil : Array(sealed.tokenHash),
            refusal: sealed.hasRefusal ? refusal : nil, code: sealed.code == 0 ? nil : sealed.code,
            reason: sealed.reason.nonEmpty,
            detail: sealed.detail.nonEmpty)
    }
}
