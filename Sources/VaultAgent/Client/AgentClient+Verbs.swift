public import FoundationEssentials
internal import SwiftProtobuf
public import Vault
internal import VaultProtos

/// The verbs of the agent itself.
extension AgentClient {
    /// What the agent tells of itself and of the vault.
    public func status() async throws(VaultError) -> AgentStatus {
        try one(.status(AgentRequest.Status()), \.agentStatus)
    }

    /// Unlocks the vault in the agent.
    ///
    /// - Throws: code `locked` for a secret that is not the vault's, and whatever opening a vault throws.
    public func unlock(
        with secret: borrowing UnlockSecret, limits: UnlockLimits
    ) async throws(VaultError) -> AgentStatus {
        switch secret {
        case .passphrase(let bytes):
            try one(.unlock(limits.message(isKeyFile: false)), secret: bytes, \.agentStatus)
        case .keyFile(let bytes):
            try one(.unlock(limits.message(isKeyFile: true)), secret: bytes, \.agentStatus)
        }
    }

    /// Lets the agent forget all vaults that it has unlocked.
    public func lock() async throws(VaultError) {
        try done(.lock(AgentRequest.Lock()))
    }
}

/// The verbs of a vault.
extension AgentClient {
    public func profiles(tags: [Tag]) async throws(VaultError) -> [Profile] {
        let verb = AgentRequest.OneOf_Verb.profiles(.with { $0.tags = tags.map(\.description) })
        return try list(verb, \.profiles, Profile.init(_:))
    }

    public func profile(named name: ProfileName) async throws(VaultError) -> Profile {
        try one(.profile(AgentRequest.Named(name)), \.soleProfile)
    }

    public func add(_ new: consuming NewProfile) async throws(VaultError) -> Profile {
        try one(.add(new.message), secret: new.secret, \.soleProfile)
    }

    public func edit(_ name: ProfileName, _ change: ProfileChange) async throws(VaultError) -> Profile {
        try one(.edit(change.message(for: name)), \.soleProfile)
    }

    public func rename(_ name: ProfileName, to newName: ProfileName) async throws(VaultError) {
        try done(
            .rename(
                .with {
                    $0.name = name.description
                    $0.newName = newName.description
                }))
    }

    public func remove(_ name: ProfileName) async throws(VaultError) {
        try done(.remove(AgentRequest.Named(name)))
    }

    public func issue(_ request: TokenRequest) async throws(VaultError) -> IssuedToken {
        guard let token = try issueIfUnlocked(request) else {
            throw VaultError(.locked, "the vault is locked", hint: "vaultctl unlock")
        }
        return token
    }

    /// Asks at once, instead of asking first whether the vault is unlocked.
    ///
    /// - Returns: nil when it is not, and nothing was tried.
    public func issueIfUnlocked(_ request: TokenRequest) throws(VaultError) -> IssuedToken? {
        try ask(self.request(.issue(request.message))) { (connection) throws(VaultError) -> IssuedToken? in
            do throws(VaultError) {
                return try connection.issuedToken()
            } catch {
                if connection.vaultIsLocked { return nil }
                throw error
            }
        }
    }

    public func cachedTokens() async throws(VaultError) -> [CachedToken] {
        try list(.cachedTokens(AgentRequest.CachedTokens()), \.cachedTokens, CachedToken.init(_:))
    }

    public func forgetTokens(of name: ProfileName) async throws(VaultError) -> Int {
        try one(.forgetTokens(AgentRequest.Named(name)), \.count)
    }

    /// - Parameter report: must not ask this client for anything: it is called while the answer is being read.
    public func check(
        _ names: [ProfileName], report: @Sendable (CheckedProfile) -> Void
    ) async throws(VaultError) {
        for request in try request(.check(AgentRequest.Check())).cut(toCheck: names) {
            try ask(request) { (connection) throws(VaultError) in
                var missing = Dictionary(request.check.names.map { ($0, 1) }, uniquingKeysWith: +)
                try connection.parts { (content) throws(VaultError) in
                    guard let checked = content.checkedProfile,
                        let times = missing[checked.profile.description], times > 0
                    else { throw .answerNotUnderstood }
                    missing[checked.profile.description] = times - 1
                    report(checked)
                }
                guard missing.values.allSatisfy({ $0 == 0 }) else { throw .answerNotUnderstood }
            }
        }
    }

    public func auditEntries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry] {
        try list(.auditEntries(query.message), \.auditEntries, AuditEntry.init(_:))
    }

    public func uses(of profiles: [RowID]?, since: Date) async throws(VaultError) -> [ProfileUse] {
        // More ids than a frame has room for are as good as all.
        let profiles = profiles.flatMap { $0.count <= 1000 ? $0 : nil }
        if profiles?.isEmpty == true { return [] }
        let verb = AgentRequest.OneOf_Verb.profileUses(
            .with {
                $0.profiles = (profiles ?? []).map { Data($0.bytes) }
                $0.since = since.milliseconds
            })
        return try list(verb, \.profileUses, ProfileUse.init(_:))
    }

    /// The same for somebody who only watches, which does not keep the vault unlocked.
    public func watchedEntries(_ query: AuditQuery) async throws(VaultError) -> [AuditEntry] {
        var message = query.message
        message.watches = true
        return try list(.auditEntries(message), \.auditEntries, AuditEntry.init(_:))
    }

    public func settings() async throws(VaultError) -> [Setting] {
        try list(.settings(AgentRequest.Settings()), \.settings, Setting.init(_:))
    }

    public func verify(progress: @Sendable (_ done: Int, _ of: Int) -> Void) async throws(VaultError) -> Verification {
        try ask(request(.verify(AgentRequest.Verify()))) { (connection) throws(VaultError) in
            while true {
                let part = try connection.nextPart()
                if part.isLast {
                    guard let verification = part.content.verification else { throw .answerNotUnderstood }
                    return verification
                }
                guard let now = part.content.progress else { throw .answerNotUnderstood }
                progress(now.done, now.total)
            }
        }
    }

    public func checkpoint(reason: String?) async throws(VaultError) -> SignedCheckpoint {
        var verb = AgentRequest.MakeCheckpoint()
        if let reason { verb.reason = reason }
        return try one(.makeCheckpoint(verb), \.signedCheckpoint)
    }

    public func checkpointKey() async throws(VaultError) -> String {
        try one(.checkpointKey(AgentRequest.CheckpointKey()), \.checkpointKey)
    }

    public func proveEntry(_ sequence: UInt64) async throws(VaultError) -> InclusionProof {
        try one(.proveEntry(.with { $0.sequence = sequence }), \.inclusionProof)
    }

    public func proveConsistency(from old: UInt64, to size: UInt64?) async throws(VaultError) -> ConsistencyProof {
        var verb = AgentRequest.ProveConsistency()
        verb.oldSize = old
        if let size { verb.size = size }
        return try one(.proveConsistency(verb), \.consistencyProof)
    }

    public func beginAuditExport() async throws(VaultError) -> AuditExportHead {
        try one(.beginAuditExport(AgentRequest.BeginAuditExport()), \.auditExportHead)
    }
}
