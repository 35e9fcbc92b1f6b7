import Glibc
import Vault

/// Whether secrets can be kept from being swapped: by this process, and by an agent.
struct LockedMemoryExamination: Examination {
    static let name = "locked memory"

    func examine(_ patient: Patient) throws(VaultError) -> [Diagnosis] {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(__RLIMIT_MEMLOCK.rawValue), &limit) == 0 else {
            throw .system(errno, "cannot read the limit on", path: "locked memory")
        }
        let remedy = "raise it: ulimit -l, memlock in /etc/security/limits.conf, or LimitMEMLOCK= of the unit, to 8 MiB"
        let allowed = "this process may lock \(Self.text(limit.rlim_cur)), an agent \(Self.text(limit.rlim_max))"
        // What was locked already says more than any number.
        guard GuardedMemory.isLocked else {
            return [.problem("memory with secrets could not be locked: \(allowed)", remedy)]
        }
        guard let failure = Self.trial(bytes: Self.needed) else {
            return [.ok("\(allowed), and locking \(Self.needed >> 10) KiB works")]
        }
        // An agent takes all that it may have.
        guard limit.rlim_max < rlim_t(Self.needed) else {
            return [
                .ok(
                    "an agent may lock \(Self.text(limit.rlim_max)); a command, with few secrets, \(Self.text(limit.rlim_cur))"
                )
            ]
        }
        return [.warning("\(Self.needed >> 10) KiB cannot be locked (\(systemMessage(failure))): \(allowed)", remedy)]
    }

    /// A page for each of some 250 secrets at once, half of them kept for the next of their size. The memory in which a key is
    /// derived is not locked.
    private static let needed = 1 << 20

    /// Locks so much, and lets it go.
    /// - Returns: the error number when that is refused.
    private static func trial(bytes: Int) -> Int32? {
        let memory = unsafe mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { return errno }
        defer { unsafe munmap(memory, bytes) }
        return unsafe mlock(memory, bytes) == 0 ? nil : errno
    }

    private static func text(_ limit: rlim_t) -> String {
        // RLIM_INFINITY, which Swift does not see.
        limit == rlim_t.max ? "all there is" : "\(limit >> 10) KiB"
    }
}
