/// The one error that the vault's users see: what went wrong, which kind of thing that is, and what to do.
///
/// No part of it ever holds a secret, a passphrase or a token.
public struct VaultError: Error, Sendable, Equatable {
    /// The kind, which is the exit code of `vaultctl`. Never renumbered; see `vaultctl exit-codes`.
    public enum Code: Int32, Sendable, CaseIterable {
        /// A check found something.
        case finding = 1
        /// Options, a name that is not allowed, a secret given as an argument.
        case usage = 64
        /// Not a vault, damaged, tampered with, rolled back or forked. Nothing was issued.
        case damaged = 65
        /// No such vault, profile, rotation or slot.
        case notFound = 66
        /// The identity provider or the agent could not be reached, or did not answer as one.
        case unavailable = 69
        /// A defect of this program.
        case internalError = 70
        /// It exists already, or the file cannot be created.
        case exists = 73
        /// Input or output failed. Nothing was issued.
        case inputOutput = 74
        /// Try again: throttled, or the vault is busy.
        case tryAgain = 75
        /// The identity provider refused.
        case refused = 76
        /// Locked, wrong passphrase, or the file's owner or mode is wrong.
        case locked = 77
        /// A file is not understood: an import, or a newer format.
        case notUnderstood = 78
        /// A policy of this vault refuses.
        case policy = 79
    }

    public let code: Code
    /// One sentence, lower case, without a full stop.
    public let message: String
    /// What to do about it, naming the command to run.
    public let hint: String?
    /// What the identity provider said, where it said something.
    public let refusal: ProviderRefusal?
    /// How long the peer asks to be left alone, in seconds, where it does.
    public let retryAfter: Double?

    public init(
        _ code: Code, _ message: String, hint: String? = nil, refusal: ProviderRefusal? = nil,
        retryAfter: Double? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.refusal = refusal
        self.retryAfter = retryAfter
    }
}

extension VaultError.Code {
    /// What `vaultctl exit-codes` prints.
    public var meaning: String {
        switch self {
        case .finding: "a check found something"
        case .usage: "usage: options, a name not allowed, a secret as an argument"
        case .damaged: "not a vault, damaged, tampered with, rolled back or forked; nothing was issued"
        case .notFound: "no such vault, profile, rotation or slot"
        case .unavailable: "the identity provider or agent could not be reached, or did not answer as one"
        case .internalError: "a defect of this program"
        case .exists: "it exists already, or the file cannot be created"
        case .inputOutput: "input or output failed; nothing was issued"
        case .tryAgain: "try again: throttled, or the vault is busy"
        case .refused: "the identity provider refused; its code is in the message"
        case .locked: "locked, wrong passphrase, or the file's owner or mode is wrong"
        case .notUnderstood: "a file is not understood: an import, or a newer format"
        case .policy: "a policy of this vault refuses"
        }
    }
}

extension VaultError {
    /// Something in the vault is not as it was written.
    ///
    /// - Parameter what: where, and what is wrong there.
    static func damaged(_ what: String) -> VaultError {
        VaultError(
            .damaged, "the vault is damaged or was tampered with: \(what)",
            hint: "nothing was issued; keep the file for inspection and restore a backup")
    }
}

extension VaultError {
    /// Another process gave the vault new keys while this one had it open; that the file was changed so that it looks like
    /// that, only whoever opens it anew can tell.
    package static let keysChanged = VaultError(
        .locked, "the vault was given new keys since it was unlocked here, or it is damaged", hint: "vaultctl unlock")
}

extension VaultError {
    /// The file that this process has open is not the vault any more: another one took its place, as by `restore`, or it was
    /// removed.
    package static let fileReplaced = VaultError(
        .locked, "the vault's file was replaced or removed since it was opened here", hint: "vaultctl unlock")
}

extension VaultError {
    /// The work was given up before it was done.
    static let cancelled = VaultError(.tryAgain, "it was cancelled")
}
