private import Dispatch

/// A command that prints a federated credential's assertion.
struct AssertionCommand {
    let command: String
    /// How long it may take. Whoever locks the vault, or waits for a token, waits for it too.
    private static let patience = Duration.seconds(10)

    /// What it prints, run by `/bin/sh` with nothing to read; what it says on standard error goes where ours goes.
    ///
    /// It is killed, with those it started, when the task is cancelled.
    /// - Throws: code `unavailable` when it cannot be run, fails or does not end in ten seconds, `usage` when it prints too
    ///   much.
    func output() async throws(VaultError) -> SecretBytes {
        let group = ProcessGroup()
        // It waits for another process, and a thread of the pool is not for that.
        let result: Result<SharedSecret, VaultError> = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                DispatchQueue.global().async {
                    continuation.resume(
                        returning: Result { () throws(VaultError) in SharedSecret(try self.run(group)) })
                }
            }
        } onCancel: {
            group.kill()
        }
        return try result.get().bytes.copy()
    }

    private func run(_ group: ProcessGroup) throws(VaultError) -> SecretBytes {
        let shell = ShellCommand(
            command: command, patience: Self.patience, longestOutput: AssertionSource.longest)
        do throws(ShellCommand.Failure) {
            let ended = try shell.run(in: group)
            if let complaint = ended.complaint { throw .notStarted(complaint) }
            return ended.output.copy()
        } catch {
            switch error {
            case .notStarted(let why): throw failed(why)
            case .tooMuch: throw failed("it printed more than an assertion")
            case .tooLong: throw failed("it did not end in \(Self.patience.components.seconds) s")
            case .cancelled: throw .cancelled
            }
        }
    }

    private func failed(_ why: String) -> VaultError {
        VaultError(
            .unavailable, "the command that prints the assertion failed: \(why)", hint: "try it in a shell: \(command)")
    }
}
