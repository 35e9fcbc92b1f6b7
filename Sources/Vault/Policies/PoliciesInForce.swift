internal import FoundationEssentials
internal import Synchronization

/// The policies of a vault as they are at each moment, and what they say of a token.
///
/// They are read with the rows that a token is found by, in the same transaction: one that another process has added holds
/// from the next token on.
final class PoliciesInForce: Sendable {
    private struct Known {
        /// Of the rows that they were read from, see ``Snapshot/generation``.
        var generation: UInt64
        var policies: [Policy]
    }

    private let known = Mutex<Known?>(nil)
    private let uses = RecentUses()

    /// Why a token is not given, as far as can be told before it is on the record.
    func refusal(of asked: AskedToken, in snapshot: Snapshot) throws(VaultError) -> VaultError? {
        try refusal(
            of: asked, in: snapshot, generation: snapshot.generation, size: snapshot.state.tree.size, more: 0)
    }

    /// The same in the transaction that is to put it onto the record. Nobody else writes meanwhile, so that of two who ask
    /// for the last one an hour only one is given it.
    func refusal(
        of asked: AskedToken, in transaction: borrowing WriteTransaction
    ) throws(VaultError) -> VaultError? {
        try refusal(
            of: asked, in: transaction.snapshot, generation: transaction.generation, size: transaction.sizeBefore,
            more: transaction.uses[asked.profile.id, default: 0])
    }

    private func refusal(
        of asked: AskedToken, in snapshot: Snapshot, generation: UInt64?, size: UInt64, more: Int
    ) throws(VaultError) -> VaultError? {
        let policies = try policies(in: snapshot, generation: generation)
        guard !policies.isEmpty else { return nil }
        for policy in policies {
            if let refusal = policy.refusal(of: asked) { return refusal }
        }
        let counting = policies.filter { $0.rules.usesPerHour != nil && $0.coverage.contains(asked.profile) }
        guard asked.purpose == .use, !counting.isEmpty else { return nil }
        let times = try uses.times(of: asked.profile, at: asked.time, in: snapshot, to: size)
        return counting.lazy.compactMap { $0.refusal(of: asked, after: times, and: more) }.first
    }

    /// - Parameter generation: nil where the rows are not those of any.
    private func policies(in snapshot: Snapshot, generation: UInt64?) throws(VaultError) -> [Policy] {
        guard snapshot.state.rows[.setting, default: 0] > 0 else { return [] }
        if let policies = known.withLock({ $0?.generation == generation ? $0?.policies : nil }) { return policies }
        let policies = try snapshot.policies()
        if let generation { known.withLock { $0 = Known(generation: generation, policies: policies) } }
        return policies
    }
}

extension Snapshot {
    /// All policies by name.
    func policies() throws(VaultError) -> [Policy] { try settings().compactMap(\.policy) }
}

extension Snapshot {
    /// Why a profile may not be given a new credential by whoever may only ask: its service principal is that of another
    /// profile, too, and what holds for that one does not hold for this.
    ///
    /// - Returns: an error of code `locked`; nil when each policy of such a profile covers this one as well.
    func refusal(toRenew profile: Profile) throws(VaultError) -> VaultError? {
        let policies = try policies()
        guard !policies.isEmpty else { return nil }
        func application(_ profile: Profile) -> [UInt8] {
            RowTag.application(profile.destination, clientID: profile.clientID, keyring).bytes
        }
        let mine = application(profile)
        for twin in try profiles() where twin.id != profile.id && application(twin) == mine {
            guard let policy = policies.first(where: { $0.coverage.contains(twin) && !$0.coverage.contains(profile) })
            else { continue }
            return VaultError(
                .locked,
                "policy \(policy.name) covers profile \(twin.name), whose service principal is that of \(profile.name), "
                    + "which it does not cover",
                hint: "to have a credential made for \(profile.name) takes the passphrase: --no-agent")
        }
        return nil
    }

    /// Why a profile may not become another by whoever may only ask: a policy would not cover it any more.
    ///
    /// - Returns: an error of code `locked`; nil when each that covers it would cover it still.
    func refusal(toMake changed: Profile, of profile: Profile) throws(VaultError) -> VaultError? {
        let freeing = try policies().first { $0.coverage.contains(profile) && !$0.coverage.contains(changed) }
        return freeing.map { policy in
            VaultError(
                .locked, "policy \(policy.name) covers profile \(profile.name) by its labels, and would not any more",
                hint: "to take such a label away takes the passphrase: vaultctl edit --no-agent")
        }
    }
}
