import Glibc

/// Which signals are blocked.
enum SignalMask {
    /// Lets all signals in, in this thread. A program that is started by it inherits the mask, and the threads of the
    /// language's pool block all signals: it could not be ended.
    static func clear() {
        var none = sigset_t()
        unsafe sigemptyset(&none)
        _ = unsafe pthread_sigmask(SIG_SETMASK, &none, nil)
    }
}
