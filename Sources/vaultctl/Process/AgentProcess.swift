import FoundationEssentials
import Glibc
import Vault

/// An agent in the background, as `unlock` starts one.
enum AgentProcess {
    /// Starts an agent and returns when it listens, or when another one did.
    ///
    /// - Parameters:
    ///   - vault: says where the socket lies, where nothing else does; absolute.
    ///   - caFile: the certificate authorities that it trusts as well as the system's.
    /// - Throws: code `unavailable` when it did not start; why is on standard error already.
    static func start(vault: String, caFile: String?) throws(VaultError) {
        // A shell may have left others open, which a process that lives for hours must not hold.
        Descriptor.closeAllOnExec()
        let pipe = try Pipe()
        let process: pid_t
        do {
            defer { close(pipe.write) }
            process = try spawn(
                arguments(vault: vault, caFile: caFile), environment: environment, ready: pipe.write)
        }
        defer { close(pipe.read) }
        guard !isReady(pipe.read) else { return }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        // WIFEXITED and WEXITSTATUS. One that is there already will do.
        guard status & 0x7f == 0, (status >> 8) & 0xff == VaultError.Code.exists.rawValue else { throw didNotStart }
    }

    static func arguments(vault: String, caFile: String?) -> [String] {
        var arguments = ["vaultctl", "agent", "--until-locked", "--ready-fd", String(readyDescriptor), "--quiet"]
        arguments += ["--vault", vault]
        // It goes on in another directory.
        if let caFile { arguments += ["--ca-file", Surroundings.absolute(caFile)] }
        return arguments
    }

    static let didNotStart = VaultError(
        .unavailable, "the agent did not start", hint: "run 'vaultctl agent' to see why")

    static let hasNoPlace = VaultError(
        .usage, "the path of the agent's socket would be too long",
        hint: "set VAULTCTL_AGENT_SOCKET to a short absolute path")

    /// Where the agent says that it listens.
    private static let readyDescriptor: Int32 = 3

    /// Ours, without what was meant for us alone.
    private static var environment: [String] {
        var variables = ProcessInfo.processInfo.environment
        for name in ServiceManager.ownVariables { variables[name] = nil }
        // So that it need not start twice.
        let tunables = AllocatorSettings.variable
        variables[tunables] = AllocatorSettings.merged(into: variables[tunables])
        return variables.map { "\($0.key)=\($0.value)" }
    }

    /// Whether there was a line; the end without one means that the agent has ended.
    private static func isReady(_ descriptor: Int32) -> Bool {
        var byte: [UInt8] = [0]
        while unsafe byte.withUnsafeMutableBytes({ unsafe Descriptor.read(into: $0, from: descriptor) }) == 1 {
            if byte[0] == 0x0a { return true }
        }
        return false
    }

    /// In a session of its own, so that closing the terminal does not end it; with its own signals; with nothing open but
    /// standard error, until it is ready, and `ready`.
    private static func spawn(
        _ arguments: [String], environment: [String], ready: Int32
    ) throws(VaultError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        // Not inherited even where it has that number already: the call sees to that.
        unsafe posix_spawn_file_actions_adddup2(&actions, ready, readyDescriptor)
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
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
            throw VaultError(.unavailable, "the agent could not be started: \(Descriptor.text(of: failure))")
        }
        return process
    }
}

/// Both ends of a pipe, closed on exec.
private struct Pipe {
    let read: Int32
    let write: Int32

    init() throws(VaultError) {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else {
            throw VaultError(.inputOutput, "no pipe could be made: \(Descriptor.text(of: errno))")
        }
        (read, write) = (ends[0], ends[1])
        for end in ends { Descriptor.closeOnExec(end) }
    }
}
