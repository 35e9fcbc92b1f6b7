import Glibc

/// Settings of the C library's allocator, with which memory is overwritten when it is freed.
///
/// Our own secrets are wiped by their owner. The copies that libraries make of them (of a request's body, of a token in
/// JSON) are freed as any memory is, and would lie in the heap of an agent for hours. `perturb` overwrites what is freed;
/// it does not reach what the thread's cache keeps, hence no cache: together they took what was found of secrets in the
/// heap from 146 places to none, either alone does not.
///
/// `top_pad` has each thread's heap begin with 4 MiB of address space, more than SQLite keeps of a vault, instead of growing
/// by pages from the start: while a key is derived, the kernel keeps whoever asks it for more waiting for a tenth of a
/// second, and with them a client that has nothing to do with it. Setting it also keeps the limit from which memory is
/// mapped by itself at 128 KiB; nothing on the way of an issuance is as long.
///
/// They are read once, when a program is loaded (ld.so(8)).
enum AllocatorSettings {
    static let variable = "GLIBC_TUNABLES"

    private static let settings = [
        "glibc.malloc.perturb=165", "glibc.malloc.tcache_count=0", "glibc.malloc.top_pad=4194304",
    ]

    /// Set to our own process id before the second start, which has the same one: a C library that does not keep the
    /// variable must not make us start for ever, and nobody else can have meant us.
    private static let mark = "VAULTCTL_STARTED_AGAIN"

    /// The variable with our settings in place of others of the same name, after all else that it says.
    ///
    /// What has not the form `name=value` is dropped: newer C libraries ignore the whole variable because of it.
    static func merged(into current: String?) -> String {
        let parts = (current ?? "").split(separator: ":").map(String.init)
        let others = parts.filter { part in
            let name = part.prefix { $0 != "=" }
            return !name.isEmpty && part.count { $0 == "=" } == 1 && !settings.contains { $0.hasPrefix(name + "=") }
        }
        return (others + settings).joined(separator: ":")
    }

    /// Starts the program again in the same process where the settings are not in force; returns where they are, and
    /// where they cannot be had, which is said.
    ///
    /// To be called before anything is read from a descriptor.
    static func takeEffect(console: Console) {
        let current = Surroundings.value(variable)
        let wanted = merged(into: current)
        let isSecondStart = Surroundings.value(mark) == String(getpid())
        unsafe unsetenv(mark)
        guard current != wanted else { return }
        if !isSecondStart {
            unsafe setenv(variable, wanted, 1)
            unsafe setenv(mark, String(getpid()), 1)
            SignalMask.clear()
            _ = unsafe execv(ThisProgram.path, CommandLine.unsafeArgv)
            unsafe unsetenv(mark)
        }
        console.note("warning: freed memory is not overwritten: \(variable) could not be set")
    }
}
