import Glibc

/// What this process had from whoever started it, before ``ProcessGuard`` changed it.
struct InheritedState: @unchecked Sendable {
    // Numbers alone, which nobody changes after `init`.
    private let creationMask: mode_t
    private let coreLimit: rlim_t?
    private let ignored: Set<Int32>
    private let blocked: sigset_t

    private static let signals = [SIGPIPE] + ProcessGuard.crashes

    /// To be made before anything is changed.
    init() {
        // There is no other way to ask for it.
        creationMask = umask(0o077)
        var limit = rlimit()
        let isKnown = unsafe getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit) == 0
        coreLimit = isKnown ? limit.rlim_cur : nil
        ignored = Set(Self.signals.filter(SignalMask.isIgnored))
        var mask = sigset_t()
        unsafe sigemptyset(&mask)
        _ = unsafe pthread_sigmask(SIG_SETMASK, nil, &mask)
        blocked = mask
    }

    /// Gives it back, for a program that is about to take this one's place. Handlers and the ban on dumping end with this
    /// program by themselves (execve(2)).
    func restore() {
        umask(creationMask)
        let number = __rlimit_resource_t(RLIMIT_CORE.rawValue)
        var limit = rlimit()
        if let coreLimit, unsafe getrlimit(number, &limit) == 0 {
            limit.rlim_cur = coreLimit
            _ = unsafe setrlimit(number, &limit)
        }
        for signal in Self.signals { Glibc.signal(signal, ignored.contains(signal) ? SIG_IGN : SIG_DFL) }
        var mask = blocked
        _ = unsafe pthread_sigmask(SIG_SETMASK, &mask, nil)
    }
}
