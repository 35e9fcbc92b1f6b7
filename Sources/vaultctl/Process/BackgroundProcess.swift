import CLinux
import FoundationEssentials
import Glibc
import Vault

/// A process of this program that goes on in the background.
enum BackgroundProcess {
    /// What is inherited has numbers from this one on.
    static let firstDescriptor: Int32 = 3

    /// Starts this program: in a session of its own, so that closing the terminal does not end it; with its own signals;
    /// with nothing open but standard error and what it is to inherit. A shell may have left more open, which a process
    /// that lives for hours must not hold.
    ///
    /// - Parameters:
    ///   - name: stands in errors.
    ///   - descriptors: what it has open at ``firstDescriptor`` and after.
    static func spawn(
        _ arguments: [String], as name: String, inheriting descriptors: [Int32]
    ) throws(VaultError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        // Out of the way of the numbers that they will have.
        let end = firstDescriptor + Int32(descriptors.count)
        let copies = descriptors.map { fcntl($0, F_DUPFD_CLOEXEC, end) }
        defer { for copy in copies where copy >= 0 { close(copy) } }
        for (number, copy) in zip(firstDescriptor..<end, copies) {
            guard copy >= 0 else {
                throw VaultError(.inputOutput, "\(name) could not be started: no descriptor is left")
            }
            unsafe posix_spawn_file_actions_adddup2(&actions, copy, number)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
        _ = unsafe linux_spawn_close_from(&actions, end)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        let newSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, which Swift does not see
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(newSession | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        let argumentPointers = unsafe arguments.map { unsafe strdup($0) } + [nil]
        let environmentPointers = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (argumentPointers + environmentPointers).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let failure = unsafe posix_spawn(
            &process, ThisProgram.path, &actions, &attributes, argumentPointers, environmentPointers)
        guard failure == 0 else {
            throw VaultError(.unavailable, "\(name) could not be started: \(Descriptor.text(of: failure))")
        }
        return process
    }

    /// Ours, without what was meant for us alone.
    private static var environment: [String] {
        var variables = ProcessInfo.processInfo.environment
        for name in ServiceManager.ownVariables { variables[name] = nil }
        // So that it need not start twice.
        let tunables = AllocatorSettings.variable
        variables[tunables] = AllocatorSettings.merged(into: variables[tunables])
        return variables.map { "\($0.key)=\($0.value)" }
    }

    /// Waits for a process that was started here.
    /// - Returns: its exit status; nil when a signal ended it, or whoever started us has it that nobody is waited for.
    static func exitStatus(of process: pid_t) -> Int32? {
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0 {
            guard errno == EINTR else { return nil }
        }
        // WIFEXITED and WEXITSTATUS.
        return status & 0x7f == 0 ? (status >> 8) & 0xff : nil
    }
}
