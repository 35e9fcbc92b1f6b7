import Vault

/// What an examination found, and what to do about it.
struct Diagnosis: Sendable, Equatable {
    /// The words are a contract.
    enum Verdict: String, Sendable, CaseIterable {
        case ok
        /// It works, and is weaker or nearer to its end than it should be.
        case warning
        /// It does not work, or somebody else has what is secret.
        case problem
        /// Left out on purpose, or there is nothing to look at.
        case skipped
        /// It could not be looked at, and why.
        case unknown
    }

    var verdict: Verdict
    /// One line, lower case, without a full stop; no secret.
    var found: String
    /// Where there is one, a command.
    var remedy: String?

    /// Whether a checkup with nothing but such ones ends well. What could not be looked at is not well.
    var isHarmless: Bool { verdict == .ok || verdict == .skipped }

    static func ok(_ found: String) -> Diagnosis { Diagnosis(verdict: .ok, found: found) }

    static func warning(_ found: String, _ remedy: String?) -> Diagnosis {
        Diagnosis(verdict: .warning, found: found, remedy: remedy)
    }

    static func problem(_ found: String, _ remedy: String?) -> Diagnosis {
        Diagnosis(verdict: .problem, found: found, remedy: remedy)
    }

    static func skipped(_ why: String) -> Diagnosis { Diagnosis(verdict: .skipped, found: why) }

    static func unknown(_ why: String, _ remedy: String? = nil) -> Diagnosis {
        Diagnosis(verdict: .unknown, found: why, remedy: remedy)
    }

    /// What kept somebody from looking.
    static func unknown(_ error: VaultError) -> Diagnosis { .unknown(error.message, error.hint) }
}

/// A line of the result.
struct CheckupRow: Sendable {
    var check: String
    var diagnosis: Diagnosis
}
