private import Dispatch
private import Glibc

/// A command that prints a federated credential's assertion.
struct AssertionCommand {
    let command: String
    /// Seconds.
    private static let patience = 30

    /// What it prints, run by `/bin/sh` with nothing to read; what it says on standard error goes where ours goes.
    ///
    /// - Throws: code `unavailable` when it cannot be run, fails or does not end in half a minute, `usage` when it prints
    ///   too much.
    func output() async throws(VaultError) -> SecretBytes {
        // It waits for another process, and a thread of the pool is not for that.
        let result: Result<SharedSecret, VaultError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                continuation.resume(
                    returning: Result { () throws(VaultError) in SharedSecret(try self.run()) })
            }
        }
        return try result.get().bytes.copy()
    }

    private func run() throws(VaultError) -> SecretBytes {
        var ends: [Int32] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw failed("no pipe could be made: \(systemMessage(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let process: pid_t
        do {
            defer { close(ends[1]) }
            process = try spawn(output: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
        defer { close(ends[0]) }
        var length = 0
        var isOver = false
        let bytes = SecretBytes(count: AssertionSource.longest + 1) { space in
            unsafe space.withUnsafeMutableBytes { space in
                let deadline = ContinuousClock.now + .seconds(Self.patience)
                while length < space.count {
                    let left = (deadline - .now) / .milliseconds(1)
                    var wait = pollfd(fd: ends[0], events: Int16(POLLIN), revents: 0)
                    let ready = left > 0 ? unsafe poll(&wait, 1, Int32(left) + 1) : 0
                    if ready < 0, errno == EINTR { continue }
                    guard ready > 0 else {
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
        // Those it started belong to its group; one that closed its output and goes on is not waited for.
        if isOver || length > AssertionSource.longest { kill(-process, SIGKILL) }
        var status: Int32 = 0
        while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
        guard !isOver else { throw failed("it did not end in \(Self.patience) s") }
        guard length <= AssertionSource.longest else { throw failed("it printed more than an assertion") }
        guard status == 0 else {
            throw failed(status & 0x7f == 0 ? "it ended with status \(status >> 8 & 0xff)" : "it was killed")
        }
        return bytes.slice(0..<length)
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
