import CLinux
import Glibc
import Vault

/// The process that keeps an endpoint for a command: it serves tokens for as long as the process runs that `exec` is and
/// that becomes the command, and ends with it, however that ends.
///
/// It is no child of that process, which might wait for children that it does not know: what is started here starts the
/// keeper and ends. It watches by a descriptor that stands for this process, so that no other one can be meant.
enum KeeperProcess {
    /// Open in the keeper.
    enum Inherited {
        static let answer = BackgroundProcess.firstDescriptor
        static let watched = answer + 1
        static let secret = answer + 2
    }

    /// What unlocks the vault.
    enum Unlocking: String {
        /// The agent has it unlocked.
        case agent
        case passphrase
        case keyFile = "key-file"
    }

    /// Whom it serves.
    struct Order: Equatable {
        var profile: ProfileName
        /// Absolute.
        var vault: String
        /// Absolute.
        var caFile: String?
        /// As they were typed; none: any.
        var audiences: [String] = []
        var isQuiet = false
    }

    static let didNotStart = VaultError(.unavailable, "what keeps the endpoint did not start")

    /// Starts a keeper and returns when it serves.
    ///
    /// - Parameter secret: what opens the vault in the keeper; nil: the agent is to be asked.
    /// - Throws: what the keeper says went wrong.
    static func start(_ order: Order, secret: consuming UnlockSecret?) throws(VaultError) -> ServedCommand {
        let answer = try Pipe()
        defer { close(answer.read) }
        do {
            defer { close(answer.write) }
            try launch(order, secret: secret, answer: answer.write)
        }
        guard let message = try KeeperMessage(reading: answer.read) else { throw didNotStart }
        switch message.answer {
        case .ready(let profile, let endpoint):
            return ServedCommand(profile: profile, endpoint: endpoint, header: message.header.copy())
        case .failed(let code, let message, let hint):
            throw VaultError(VaultError.Code(rawValue: code) ?? .internalError, message, hint: hint)
        }
    }

    /// Returns when the keeper is nobody's child of ours and has what opens the vault, or has ended already.
    private static func launch(
        _ order: Order, secret: consuming UnlockSecret?, answer: Int32
    ) throws(VaultError) {
        let (unlocking, bytes) =
            switch consume secret {
            case .none: (Unlocking.agent, SharedSecret(SecretBytes()))
            case .some(.passphrase(let secret)): (Unlocking.passphrase, SharedSecret(secret))
            case .some(.keyFile(let secret)): (Unlocking.keyFile, SharedSecret(secret))
            }
        let handOver = try Pipe()
        defer { close(handOver.write) }
        let starter: pid_t
        do {
            defer { close(handOver.read) }
            let ourselves = linux_process_descriptor(getpid())
            guard ourselves >= 0 else {
                throw VaultError(
                    .unavailable, "this system cannot tell when a process ends: \(Descriptor.text(of: errno))",
                    hint: "exec needs Linux 5.3; vaultctl serve does not")
            }
            defer { close(ourselves) }
            starter = try BackgroundProcess.spawn(
                arguments(order, unlocking), as: "what keeps the endpoint",
                inheriting: [answer, ourselves, handOver.read])
        }
        // One that has ended already takes nothing, and its answer says why.
        bytes.bytes.withBytes { span in
            _ = unsafe span.withUnsafeBytes { unsafe Descriptor.write($0, to: handOver.write) }
        }
        _ = BackgroundProcess.exitStatus(of: starter)
    }

    static func arguments(_ order: Order, _ unlocking: Unlocking) -> [String] {
        var arguments = ["vaultctl", "exec-keeper", order.profile.description, "--unlocking", unlocking.rawValue]
        arguments += ["--vault", order.vault]
        if let caFile = order.caFile { arguments += ["--ca-file", caFile] }
        for audience in order.audiences { arguments += ["--allow-audience", audience] }
        if order.isQuiet { arguments.append("--quiet") }
        return arguments
    }

    /// Starts this process again as a child of its own, with all that it was given; it ends now, so that whoever started it
    /// has no child.
    static func detach() throws(VaultError) {
        _ = try BackgroundProcess.spawn(
            CommandLine.arguments + ["--detached"], as: "what keeps the endpoint",
            inheriting: [Inherited.answer, Inherited.watched, Inherited.secret])
    }
}

/// What a command is told about the endpoint that is kept for it.
struct ServedCommand: ~Copyable {
    let profile: ServedProfile
    let endpoint: ServedEndpoint
    /// `IDENTITY_HEADER`
    let header: SecretBytes
}
