internal import FoundationEssentials

extension Policy {
    /// Why a token is not given, uses left aside: whoever counts them does so where none can come in between.
    ///
    /// A token that is renewed or used by the vault itself reaches nobody, so what is asked of callers is asked when one
    /// comes for it. A renewal, which nobody asked for, must be of a kind that somebody may be given.
    func refusal(of asked: AskedToken) -> VaultError? {
        guard coverage.contains(asked.profile), asked.purpose != .management else { return nil }
        guard isUnderstood else {
            return refusal(
                "policy \(name) is not understood by this version, and so it refuses",
                hint: "use the vaultctl that made it, or 'vaultctl policy remove \(name)'")
        }
        let profile = asked.profile.name
        if !rules.audiences.isEmpty, !rules.audiences.contains(where: { asked.isFor($0) }) {
            return refusal(
                "policy \(name) allows profile \(profile) no tokens for \(asked.audience)",
                hint: "it allows \(rules.audiences.joined(separator: ", "))")
        }
        if let most = rules.maximumSecretAge, asked.secretAge > most {
            return refusal(
                "the \(asked.profile.credential.kind == .certificate ? "certificate" : "secret") of profile \(profile) "
                    + "is older than the \(Period(seconds: most)) that policy \(name) allows",
                hint: "vaultctl rotate \(profile)")
        }
        return asked.purpose == .use ? refusalOfCaller(asked) : nil
    }

    private func refusalOfCaller(_ asked: AskedToken) -> VaultError? {
        let profile = asked.profile.name
        if !rules.users.isEmpty, !rules.users.contains(asked.caller.uid) {
            return refusal(
                "policy \(name) allows user id \(asked.caller.uid) no tokens of profile \(profile)",
                hint: "it allows \(rules.users.map(String.init).joined(separator: ", "))")
        }
        if !rules.executables.isEmpty,
            !asked.caller.asking.contains(where: { path in rules.executables.contains { $0.matches(path) } })
        {
            return refusal(
                "policy \(name) allows this program no tokens of profile \(profile)",
                hint: "it allows \(rules.executables.map(\.description).joined(separator: ", "))")
        }
        if rules.requiresReason, !asked.hasReason {
            return refusal(
                "policy \(name) requires a reason for a token of profile \(profile)",
                hint: "vaultctl issue \(profile) --reason TEXT")
        }
        return nil
    }

    /// Why there are uses enough.
    ///
    /// - Parameters:
    ///   - times: of the uses within the last hour that are on the record.
    ///   - more: how many are about to be.
    func refusal(of asked: AskedToken, after times: [Date], and more: Int) -> VaultError? {
        guard asked.purpose == .use, let most = rules.usesPerHour, times.count + more >= most else { return nil }
        // The next is possible when fewer than the most are left of them.
        let over = times.count + more - most
        let left =
            over < times.count ? times.sorted()[over].addingTimeInterval(3600).timeIntervalSince(asked.time) : 3600
        let minutes = max(1, Int((left / 60).rounded(.up)))
        let uses = most == 1 ? "1 token" : "\(most) tokens"
        return refusal(
            "policy \(name) allows \(uses) of profile \(asked.profile.name) an hour, and no more is left",
            hint: "try again in \(minutes) min")
    }

    private func refusal(_ message: String, hint: String) -> VaultError { VaultError(.policy, message, hint: hint) }
}

extension AskedToken {
    /// Whether a policy means its audience by `text`.
    fileprivate func isFor(_ text: String) -> Bool {
        let cloud = profile.destination.cloud
        var meant: [Audience?] = [try? Audience(scope: text), try? profile.audience(.resource(text))]
        // Azure Resource Manager goes by two names: az asks for the one, its SDKs for the other.
        if text.lowercased() == "arm" { meant.append(try? Audience(resource: cloud.arm, in: cloud)) }
        return meant.contains { $0?.isNearly(audience) == true }
    }

    /// Seconds; of a federated credential, with which nothing is stored, none.
    fileprivate var secretAge: TimeInterval {
        profile.credential.kind == .federated ? 0 : time.timeIntervalSince(profile.credential.storedAt)
    }

    fileprivate var hasReason: Bool { reason?.contains { !$0.isWhitespace } ?? false }
}

extension Caller {
    /// What it claims to be: where an endpoint asks for a client, that client alone.
    fileprivate var asking: [String] { client.map { [$0.executable].compactMap(\.self) } ?? claimedExecutables }
}
