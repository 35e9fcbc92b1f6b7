internal import FoundationEssentials

/// Another vault, opened with its own secret and verified, from which profiles are taken.
public struct OtherVault: Sendable {
    /// Absolute.
    public var path: String { verified.path }
    /// 16 bytes.
    public var vaultID: [UInt8] { verified.records.keyring.vaultID }
    fileprivate let verified: VerifiedFile
}

/// What came of a merge.
public struct Merged: Sendable, Equatable {
    /// One for each profile of the other vault, by name.
    public var profiles: [MergedProfile]
    /// Whether this machine would have refused the vault, because it had seen the other one, and takes it from now on.
    public var resolvedFork: Bool
}

extension Vault {
    /// Opens and verifies a file that profiles are to be taken from. It is only read, and no anchor has to agree with it.
    ///
    /// - Throws: codes `notFound`, `damaged`, `notUnderstood`, `locked` for a wrong secret, `usage` when it is this vault's own.
    public func otherVault(
        at path: String, with secret: borrowing UnlockSecret, progress: (_ done: Int, _ of: Int) -> Void
    ) async throws(VaultError) -> OtherVault {
        let source = try VaultFile(path)
        let connection = try source.openSource()
        guard try !source.isSame(as: file) else {
            throw VaultError(.usage, "\(source.path) is the vault itself", hint: "name the other one")
        }
        let keyring = try Vault.keys(connection, with: secret, gate: Vault.derivationGate(file)).keyring
        return OtherVault(
            verified: try await VerifiedFile(
                connection: connection, path: source.path, keyring: keyring, locks: LockFile(path: file.lockPath),
                progress: progress))
    }

    /// Takes over what the other vault has and this one has not, in one transaction, each profile with an entry.
    ///
    /// For a vault that was opened with ``AnchorAcceptance/anything``: where the anchor has seen the other vault go on,
    /// and not this one, they were forked, and are one again now.
    ///
    /// - Parameters:
    ///   - preference: whose profile is right where both have one and they differ; nil: they stay as they are here.
    ///   - isTrial: whether nothing is changed.
    /// - Throws: code `damaged` when the vault is not what this machine has seen, and neither is the other one.
    public func merge(
        _ other: OtherVault, preferring preference: MergePreference?, isTrial: Bool
    ) throws(VaultError) -> Merged {
        let anchor = try anchorFile.read()
        return try other.verified.records.read { (theirs) throws(VaultError) in
            let isResolved = try records.read { (ours) throws(VaultError) in try isForked(anchor, ours, theirs) }
            let plan = { (ours: Snapshot) throws(VaultError) -> [MergeStep] in
                try MergePlan(ours: ours, theirs: theirs, preference: preference).steps
            }
            guard !isTrial else {
                let steps = try records.read { (ours) throws(VaultError) in try plan(ours) }
                return Merged(profiles: steps.map(\.report), resolvedFork: isResolved)
            }
            let reports = try records.write { (transaction) throws(VaultError) in
                let steps = try plan(transaction.snapshot)
                try transaction.append(entry(of: steps, from: other, theirs.state))
                for step in steps { try take(step, from: theirs, into: &transaction) }
                return steps.map(\.report)
            }
            warmTokens.clear()
            if isResolved { try takeAnchor() }
            return Merged(profiles: reports, resolvedFork: isResolved)
        }
    }

    /// Whether this machine has seen the other vault and not this one.
    ///
    /// - Throws: code `damaged` when it has seen neither.
    private func isForked(
        _ bytes: [UInt8]?, _ ours: Snapshot, _ theirs: Snapshot
    ) throws(VaultError) -> Bool {
        guard let bytes else { return false }
        let keyring = records.keyring
        let anchor = try Anchor(read: bytes, keyring)
        do throws(VaultError) {
            try anchor.check(ours)
            return false
        } catch let refusal {
            guard theirs.keyring.vaultID == keyring.vaultID else { throw refusal }
            do throws(VaultError) {
                try anchor.check(theirs)
                return true
            } catch {
                // What it says of the other file is of no use to whoever asked about this one.
                throw refusal
            }
        }
    }

    /// So that history tells where profiles came from. The other vault's own record stays with its file; of which it is the
    /// record, root and size prove.
    private func entry(of steps: [MergeStep], from other: OtherVault, _ state: VaultState) -> AuditEvent {
        let counts = MergedProfile.Outcome.allCases.compactMap { outcome in
            let count = steps.count { $0.report.outcome == outcome }
            return count == 0 ? nil : "\(outcome.rawValue): \(count)"
        }
        var event = AuditEvent(environment, .merge, .ok)
        event.detail =
            "from \(other.path), vault: \(other.vaultID.hexadecimal), entries: \(state.tree.size), "
            + "root: \(state.tree.root.hexadecimal); "
            + (counts.isEmpty ? "no profiles" : counts.joined(separator: ", "))
        return event
    }

    private func take(
        _ step: MergeStep, from theirs: Snapshot, into transaction: inout WriteTransaction
    ) throws(VaultError) {
        let source = "merged from vault \(theirs.keyring.vaultID.hexadecimal)"
        switch step {
        case .stay: break
        case .add(let profile, let record):
            var profile = profile
            profile.updatedAt = environment.now()
            try transaction.insert(profile, secret: try theirs.secret(of: record))
            var event = AuditEvent(environment, .add, .ok, profile)
            event.audience = profile.audience?.description
            event.keyID = profile.credential.keyID
            event.detail = source
            try transaction.append(event)
        case .replace(let profile, let old, let record, let report):
            var profile = profile
            profile.updatedAt = environment.now()
            try transaction.update(old, to: profile, secret: try theirs.secret(of: record))
            try transaction.forgetEverything(about: profile.id)
            // No rotation: that the other credential is newer than what may have been exposed here, nobody knows.
            var event = AuditEvent(environment, .edit, .ok, profile)
            event.keyID = profile.credential.keyID
            event.detail = "\(source): \(report.detail ?? "")"
            try transaction.append(event)
        }
    }
}
