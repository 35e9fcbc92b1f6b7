import Glibc

/// Which signals are blocked, or ignored.
enum SignalMask {
    /// Lets all signals in, in this thread. A program that is started by it inherits the mask, and the threads of the
    /// language's pool block all signals: it could not be ended.
    static func clear() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }

    static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
