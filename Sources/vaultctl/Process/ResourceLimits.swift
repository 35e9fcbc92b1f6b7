import Glibc

/// What the system allows this process to have.
enum ResourceLimits {
    /// Takes all that may be taken of open files (one for each client) and of locked memory (a page or more for each
    /// secret). Where that fails what there is must do.
    static func raise() {
        for resource in [RLIMIT_NOFILE, __RLIMIT_MEMLOCK] {
            let number = __rlimit_resource_t(resource.rawValue)
            var limit = rlimit()
            guard unsafe getrlimit(number, &limit) == 0, limit.rlim_cur < limit.rlim_max else { continue }
            limit.rlim_cur = limit.rlim_max
            _ = unsafe setrlimit(number, &limit)
        }
    }

    /// - Parameter forGood: whether the hard limit goes, too, as is right for a process that lives for hours.
    static func forbidCoreFiles(forGood: Bool) {
        let number = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        var limit = rlimit()
        guard unsafe getrlimit(number, &limit) == 0 else { return }
        limit.rlim_cur = 0
        if forGood { limit.rlim_max = 0 }
        _ = unsafe setrlimit(number, &limit)
    }
}
