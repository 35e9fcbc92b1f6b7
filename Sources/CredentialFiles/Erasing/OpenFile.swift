private import Glibc
internal import Vault

/// An open file: closed when it goes. A link at its path is not followed, and nothing that would make whoever opens it wait.
struct OpenFile: ~Copyable {
    let number: Int32

    /// - Returns: nil where it cannot be opened; `errno` says why.
    init?(_ path: String, _ flags: Int32) {
        let opened = unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, mode_t(0o600))
        // Before there is anything to close, which would leave an `errno` of its own.
        guard opened >= 0 else { return nil }
        number = opened
    }

    /// Whether it is what lies at `path`.
    func isAt(_ path: String) throws(VaultError) -> Bool {
        let own = try FileState(of: number, path: path)
        guard let there = try FileState(at: path) else { return false }
        return there.isSameFile(as: own)
    }

    /// Keeps everybody else who asks for its lock from it, as long as it is open.
    ///
    /// - Throws: code `tryAgain` while somebody has it; `inputOutput` where there are no locks.
    func lock(_ path: String) throws(VaultError) {
        while flock(number, LOCK_EX | LOCK_NB) != 0 {
            switch errno {
            case EINTR: continue
            case EWOULDBLOCK: throw VaultError(.tryAgain, "another program has \(path) locked")
            case let failure: throw .system(failure, "cannot lock", path: path)
            }
        }
    }

    deinit { close(number) }
}
