import CLinux
import Glibc
import Vault

/// What the process does before it reads a single argument, so that secrets stay in it.
enum ProcessGuard {
    /// What was found, for a program that takes this one's place.
    static let inherited = InheritedState()

    /// Crash signals: the language's crash reporter prints registers and the memory they point to, which may be a secret's.
    static let crashes = [SIGQUIT, SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGTRAP]

    /// No core files, no debugger of the same user, files for the owner alone, and a reader that went away is an error
    /// that is seen instead of a signal that kills.
    static func prepare() {
        _ = inherited
        // Where the kernel refuses one of these the rest still holds, and nothing the user asked for is less right.
        _ = linux_set_dumpable(0)
        // The hard limit stays, because nobody could raise it again for a program that takes this one's place.
        ResourceLimits.forbidCoreFiles(forGood: false)
        umask(0o077)
        signal(SIGPIPE, SIG_IGN)
        for crash in crashes { signal(crash, SIG_DFL) }
    }

    /// Fills the places of missing standard descriptors, so that no file opened later lands there and is written to.
    /// - Returns: whether standard output was open.
    static func occupyStandardDescriptors() -> Bool {
        let outputIsOpen = Descriptor.isOpen(STDOUT_FILENO)
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where !Descriptor.isOpen(descriptor) {
            // The lowest free number is taken, which is this one. A missing standard output is opened for reading:
            // writing to it stays an error. What takes this program's place finds it missing again.
            _ = unsafe open("/dev/null", (descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC)
        }
        return outputIsOpen
    }
}
