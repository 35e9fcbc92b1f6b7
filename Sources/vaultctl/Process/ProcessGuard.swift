import CLinux
import Glibc
import Vault

/// What the process does before it reads a single argument, so that secrets stay in it.
enum ProcessGuard {
    /// No core files, no debugger of the same user, files for the owner alone, and a reader that went away is an error
    /// that is seen instead of a signal that kills.
    static func prepare() {
        // Where the kernel refuses one of these the rest still holds, and nothing the user asked for is less right.
        _ = linux_set_dumpable(0)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        _ = unsafe setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        // The language's crash reporter prints registers and the memory they point to, which may be a secret's.
        for crash in [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP] { signal(crash, SIG_DFL) }
    }

    /// Fills the places of missing standard descriptors, so that no file opened later lands there and is written to.
    /// - Returns: whether standard output was open.
    static func occupyStandardDescriptors() -> Bool {
        let outputIsOpen = Descriptor.isOpen(STDOUT_FILENO)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where !Descriptor.isOpen(descriptor) {
            // The lowest free number is taken, which is this one. A missing standard output is opened for reading:
            // writing to it stays an error.
            _ = unsafe open("/dev/null", descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY)
        }
        return outputIsOpen
    }
}
