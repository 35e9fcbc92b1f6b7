internal import FoundationEssentials
private import CLinux
private import Glibc

/// A command of the user's, run by `/bin/sh` for a time, and killed with all that it started when it takes longer.
struct ShellCommand: Sendable {
    let command: String
    /// What it finds on its standard input.
    var input: [UInt8] = []
    /// What it finds in its environment beside ours.
    var variables: [String: String] = [:]
    /// Which of ours are kept from it.
    var withheld: @Sendable (String) -> Bool = { _ in false }
    /// Whether what it says on standard error is taken with its output; else that goes where ours goes.
    var takesErrors = false
    /// How long it may take.
    let patience: Duration
    /// Bytes that it may print.
    let longestOutput: Int

    /// Why there is no ``Ended``.
    enum Failure: Error {
        case notStarted(String)
        case tooMuch
        case tooLong
        /// Somebody killed the group before it began.
        case cancelled
    }

    struct Ended: ~Copyable {
        /// In locked memory, because it may be a secret.
        let output: SecretBytes
        /// As wait(2) has it.
        let status: Int32

        /// Nil when it ended well.
        var complaint: String? { ShellCommand.complaint(about: status) }
    }

    /// - Parameter status: as wait(2) has it.
    static func complaint(about status: Int32) -> String? {
        guard status != 0 else { return nil }
        return status & 0x7f == 0 ? "it ended with status \(status >> 8 & 0xff)" : "it was killed"
    }

    /// Runs it, and blocks this thread meanwhile. It is over when it closes its output, or ends: what it leaves in the
    /// background is not waited for.
    ///
    /// - Parameter group: by which it can be killed.
    func run(in group: ProcessGroup) throws(Failure) -> Ended {
        let read = try start(in: group)
        defer { close(read) }
        let deadline = ContinuousClock.now + patience
        var length = 0
        var isOver = false
        let bytes = SecretBytes(count: longestOutput + 1) { space in
            unsafe space.withUnsafeMutableBytes { space in
                while length < space.count {
                    switch group.wait(for: read, until: deadline) {
                    case .output: break
                    case .ended: return
                    case .over:
                        isOver = true
                        return
                    }
                    let count = unsafe Glibc.read(
                        read, space.baseAddress?.advanced(by: length), space.count - length)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { return }
                    length += count
                }
            }
        }
        let isTooMuch = length > longestOutput
        // One that closed its output and goes on has no more time than one that prints nothing.
        let status = group.end(isOver || isTooMuch ? .now : deadline)
        guard !isTooMuch else { throw .tooMuch }
        guard !isOver, let status else { throw .tooLong }
        return Ended(output: bytes.slice(0..<length), status: status)
    }

    /// - Returns: what it prints to, to be read and closed.
    func start(in group: ProcessGroup) throws(Failure) -> Int32 {
        let (read, write) = try Self.pipe()
        defer { close(write) }
        do throws(Failure) {
            try group.begin { () throws(Failure) in try spawn(output: write) }
        } catch {
            close(read)
            throw error
        }
        return read
    }

    private static func pipe() throws(Failure) -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard unsafe Glibc.pipe(&ends) == 0 else { throw .notStarted("no pipe could be made: \(systemMessage(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private func spawn(output: Int32) throws(Failure) -> pid_t {
        var actions = unsafe posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        unsafe posix_spawn_file_actions_init(&actions)
        unsafe posix_spawnattr_init(&attributes)
        defer {
            unsafe posix_spawn_file_actions_destroy(&actions)
            unsafe posix_spawnattr_destroy(&attributes)
        }
        var given: Int32?
        defer { if let given { close(given) } }
        if input.isEmpty {
            unsafe posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        } else {
            let end = try filledFile()
            given = end
            unsafe posix_spawn_file_actions_adddup2(&actions, end, STDIN_FILENO)
        }
        unsafe posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        if takesErrors { unsafe posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO) }
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe posix_spawnattr_setsigmask(&attributes, &signals)
        unsafe sigfillset(&signals)
        unsafe posix_spawnattr_setsigdefault(&attributes, &signals)
        unsafe posix_spawnattr_setpgroup(&attributes, 0)
        unsafe posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
        let words = ["sh", "-c", command]
        let ours = ProcessInfo.processInfo.environment.filter { !withheld($0.key) }
        let all = ours.merging(variables) { $1 }.map { "\($0.key)=\($0.value)" }
        let arguments = unsafe words.map { unsafe strdup($0) } + [nil]
        let environment = unsafe all.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + environment).forEach { unsafe free($0) } }
        var process: pid_t = 0
        let failure = unsafe posix_spawn(&process, "/bin/sh", &actions, &attributes, arguments, environment)
        guard failure == 0 else { throw .notStarted("it could not be run: \(systemMessage(failure))") }
        return process
    }

    /// The input as a file without a name, in memory: however long it is, nobody waits for the command to read it.
    private func filledFile() throws(Failure) -> Int32 {
        let file = linux_memory_file()
        guard file >= 0 else { throw .notStarted("no room for its input: \(systemMessage(errno))") }
        var rest = input[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                close(file)
                throw .notStarted("no room for its input: \(systemMessage(errno))")
            }
            rest = rest.dropFirst(count)
        }
        lseek(file, 0, SEEK_SET)
        return file
    }
}
