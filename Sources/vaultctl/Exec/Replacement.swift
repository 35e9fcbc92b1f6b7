import Glibc
import Vault

/// A program that takes this one's place in the same process, so that its terminal, its signals and its exit status are
/// its own.
enum Replacement {
    /// The exit status where there is no such program, and where it cannot be run, as shells and env(1) have them.
    private static let (notFound, notRunnable): (Int32, Int32) = (127, 126)

    /// Becomes the command; returns only where that fails.
    ///
    /// - Parameter command: the program, looked for on the `PATH` that it gets, and its arguments; not empty.
    /// - Returns: what is wrong, and the exit status that stands for it.
    static func become(
        _ command: [String], in environment: CommandEnvironment
    ) -> (error: VaultError, status: Int32) {
        for name in environment.removed { unsafe unsetenv(name) }
        // In an order that is always the same.
        for (name, value) in environment.set.sorted(by: { $0.key < $1.key }) { unsafe setenv(name, value, 1) }
        let arguments = unsafe command.map { unsafe strdup($0) } + [nil]
        ProcessGuard.inherited.restore()
        _ = unsafe execvp(command[0], arguments)
        let code = errno
        guard code != ENOENT else {
            return (VaultError(.notFound, "there is no command \(command[0])"), notFound)
        }
        return (
            VaultError(.inputOutput, "\(command[0]) cannot be run: \(Descriptor.text(of: code))"), notRunnable
        )
    }
}
