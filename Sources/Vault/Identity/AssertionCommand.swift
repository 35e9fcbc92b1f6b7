private import CLinux
private import Dispatch
private import Glibc
private import Synchronization

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
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw failed("no pipe could be made: \(systemMessage(errno))") }
        defer { close(ends[0]) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        do {
            defer { close(ends[1]) }
            try group.begin { () throws(VaultError) in try spawn(output: ends[1]) }
        }
        let deadline = ContinuousClock.now + Self.patience
        var length = 0
        var isOver = false
        let bytes = SecretBytes(count: AssertionSource.longest + 1) { space in
            unsafe space.withUnsafeMutableBytes { space in
                while length < space.count {
                    guard Self.isReadable(ends[0], until: deadline) else {
                        isOver = true
                        return
                    }
                    let count = unsafe read(ends[0], space.baseAddress?.advanced(by: length), space.count - length)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    length += count
                }
            }
        }
        let isTooMuch = length > AssertionSource.longest
        // One that closed its output and goes on has no more time than one that prints nothing.
        let status = group.end(isOver || isTooMuch ? .now : deadline)
        guard !isTooMuch else { throw failed("it printed more than an assertion") }
        guard !isOver, let status else { throw failed("it did not end in \(Self.patience.components.seconds) s") }
        guard status == 0 else {
            throw failed(status & 0x7f == 0 ? "it ended with status \(status >> 8 & 0xff)" : "it was killed")
        }
        return bytes.slice(0..<length)
    }

    fileprivate static func isReadable(_ descriptor: Int32, until deadline: ContinuousClock.Instant) -> Bool {
        while true {
            let left = (deadline - .now) / .milliseconds(1)
            guard left > 0 else { return false }
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = unsafe poll(&wait, 1, Int32(left) + 1)
            if ready > 0 { return true }
            if ready < 0, errno != EINTR { return false }
        }
    }

    private func spawn(output: Int32) throws(VaultError) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let words = ["sh", "-c", command]
        let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        defer { unsafe arguments.forEach { unsafe free($0) } }
        var process: pid_t = 0
        let failure = unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environ)
        guard failure == 0 else { throw failed("it could not be run: \(systemMessage(failure))") }
        return process
    }

    private func failed(_ why: String) -> VaultError {
        VaultError(
            .unavailable, "the command that prints the assertion failed: \(why)", hint: "try it in a shell: \(command)")
    }
}

/// A process that leads a group of its own, so that all it starts can be killed with it.
private final class ProcessGroup: Sendable {
    private struct State {
        var leader: pid_t?
        var isKilled = false
    }

    private let state = Mutex(State())

    func begin(_ start: () throws(VaultError) -> pid_t) throws(VaultError) {
        try state.withLock { (state) throws(VaultError) in
            guard !state.isKilled else { throw .cancelled }
            state.leader = try start()
        }
    }

    func kill() {
        state.withLock { state in
            state.isKilled = true
            // Until it is waited for, the number is nobody else's.
            if let leader = state.leader { _ = Glibc.kill(-leader, SIGKILL) }
        }
    }

    /// Waits for the leader, and kills all of them when it takes longer.
    ///
    /// - Returns: its status; nil when it took longer.
    func end(_ deadline: ContinuousClock.Instant) -> Int32? {
        guard let leader = state.withLock({ $0.leader }) else { return nil }
        let ended = linux_process_descriptor(leader)
        defer { if ended >= 0 { close(ended) } }
        let isInTime = ended >= 0 && AssertionCommand.isReadable(ended, until: deadline)
        if !isInTime { kill() }
        var status: Int32 = 0
        return state.withLock { state in
            while unsafe waitpid(leader, &status, 0) < 0, errno == EINTR {}
            state.leader = nil
            return isInTime ? status : nil
        }
    }
}
