package import FoundationEssentials

/// The state machine, without anything that happens: which step comes next, and what each event makes of a rotation.
extension Rotation {
    /// What is to be done.
    enum Step: Equatable {
        /// Look whether the call that made the credential took effect.
        case find
        case verify
        case promote
        /// Nothing, until then.
        case keep(until: Date)
        /// Remove at the provider what is not used any more.
        case remove
    }

    /// What became known.
    enum Event: Equatable {
        /// The provider made the credential, and its secret is here.
        case made(keyID: String?)
        /// The provider made the credential, and nobody has its secret.
        case foundUnreadable(keyID: String)
        /// The provider did not make it.
        case notMade
        case verified
        case promoted
        /// The old credential is not to be kept any longer.
        case graceOver
        case givenUp
        case removed
    }

    func step(at now: Date) -> Step {
        switch state {
        case .planned: .find
        case .obtained: .verify
        case .verified: .promote
        case .promoted: graceUntil.map { now < $0 ? .keep(until: $0) : .remove } ?? .remove
        case .retired, .rolledBack: .remove
        }
    }

    /// The rotation as it is after `event`.
    ///
    /// - Returns: nil when it is over, and its row goes.
    /// - Throws: code `internalError` for an event that this state does not know.
    func after(_ event: Event, at now: Date) throws(VaultError) -> Rotation? {
        var next = self
        next.changedAt = now
        switch (state, event) {
        case (.planned, .made(let keyID)):
            next.state = .obtained
            next.newKeyID = keyID
        case (.planned, .foundUnreadable(let keyID)):
            next.state = .rolledBack
            next.newKeyID = keyID
        case (.planned, .notMade), (.retired, .removed), (.rolledBack, .removed):
            return nil
        case (.obtained, .verified):
            next.state = .verified
        case (.verified, .promoted):
            next.state = .promoted
            next.graceUntil = now.addingTimeInterval(grace)
        case (.promoted, .graceOver):
            guard !removing.isEmpty else { return nil }
            next.state = .retired
        case (.obtained, .givenUp), (.verified, .givenUp), (.promoted, .givenUp):
            // What was made elsewhere is whoever's who made it.
            guard isMadeHere else { return nil }
            next.state = .rolledBack
        default:
            throw VaultError(.internalError, "a rotation that is \(state.rawValue) cannot go on like that")
        }
        return next
    }

    /// What its next removal removes at the provider.
    var removals: [String] {
        switch state {
        case .retired: removing
        case .rolledBack: isMadeHere ? [newKeyID].compactMap(\.self) : []
        case .planned, .obtained, .verified, .promoted: []
        }
    }

    /// Whether somebody should see to it: it waits neither for a time nor for anything but to be gone on with.
    package func isUnfinished(at now: Date) -> Bool {
        if case .keep = step(at: now) { return false }
        // Made elsewhere, and without anything to be removed there, it ends by itself.
        return !(state == .promoted && removing.isEmpty && !isMadeHere)
    }
}
