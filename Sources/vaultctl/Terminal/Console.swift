import FoundationEssentials
import Glibc
import Vault

/// What is said on standard error, and how much of it.
///
/// Lines begin with `vaultctl: `, lower case, no full stop; errors with `error: `, and `hint: ` names what to run.
/// Everything is escaped: a provider's words must not steer the terminal.
struct Console {
    var isQuiet = false
    var isVerbose = false

    /// What happened, or what is to be known.
    func note(_ text: String) {
        if !isQuiet { Self.line("vaultctl: " + text.visible) }
    }

    /// More detail, for `-v`.
    func detail(_ text: String) {
        if isVerbose { Self.line("vaultctl: " + text.visible) }
    }

    /// What to do about something that was said.
    func hint(_ text: String) {
        if !isQuiet { Self.line("hint: " + text.visible) }
    }

    func report(_ error: VaultError) {
        Self.line("error: " + error.message.visible)
        if let hint = error.hint { Self.line("hint: " + hint.visible) }
        guard isVerbose, let refusal = error.refusal else { return }
        let known = [
            ("error", refusal.error), ("trace id", refusal.traceID), ("correlation id", refusal.correlationID),
        ]
        detail(known.compactMap { label, value in value.map { "\(label) \($0)" } }.joined(separator: ", "))
    }

    /// Shows a secret that the user is to write down, whatever `-q` says: it is shown this once.
    func reveal(_ secret: borrowing SecretBytes, as label: String) throws(VaultError) {
        Self.line("vaultctl: " + label)
        let failure = secret.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe Descriptor.write($0, to: STDERR_FILENO) }
        }
        if failure != nil { throw VaultError(.inputOutput, "standard error could not be written") }
        Self.line("")
    }

    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// Writes one line. Where standard error is gone there is nobody left to tell.
    static func line(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: STDERR_FILENO) }
    }
}
