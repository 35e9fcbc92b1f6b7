import CLinux
import Glibc
import Vault

/// How the signal handler tells the waiting prompt: a pipe, because writing one byte is all that a handler may safely
/// do. Made before the first handler is set, so that the handler finds it made.
private struct SignalPipe {
    let read: Int32
    let write: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        // Without a pipe (no descriptors left) both ends stay -1 and the prompt refuses to begin.
        _ = unsafe linux_signal_pipe(&ends)
        read = ends[0]
        write = ends[1]
    }
}

private let signalPipe = SignalPipe()

/// Runs on any thread at any time: nothing but one system call, and `errno` as it was.
private func noteSignal(_ number: Int32) {
    let saved = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = unsafe write(signalPipe.write, &byte, 1)
    errno = saved
}

extension Terminal {
    /// Signals that end the process, or stop it: the terminal is made right before they take effect.
    private static let watched = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

    /// Shows `prompt`, turns echo off, waits for a line and lets `readLine` take it. However that ends, the terminal is
    /// as it was before: a signal that ends the process does so after echo is on again, and after Ctrl-Z and `fg` the
    /// prompt is there again.
    borrowing func quietly<Result>(
        showing prompt: String, _ readLine: () throws(VaultError) -> Result
    ) throws(VaultError) -> Result {
        guard signalPipe.read >= 0 else { throw VaultError(.inputOutput, "no descriptor is left to ask with") }
        var original = termios()
        guard unsafe tcgetattr(descriptor, &original) == 0 else {
            throw VaultError(.inputOutput, "the terminal cannot be set up: \(Descriptor.text(of: errno))")
        }
        while true {
            let handlers = WatchedSignals(Self.watched)
            var silent = original
            silent.c_lflag &= ~tcflag_t(ECHO)
            silent.c_lflag |= tcflag_t(ICANON | ISIG)
            guard unsafe tcsetattr(descriptor, TCSAFLUSH, &silent) == 0 else {
                handlers.restore()
                throw VaultError(.inputOutput, "the terminal cannot be set up: \(Descriptor.text(of: errno))")
            }
            write(prompt.visible)
            let signal = waitForLine()
            guard let signal else {
                defer {
                    unsafe tcsetattr(descriptor, TCSADRAIN, &original)
                    handlers.restore()
                    write("\n")
                    // One that came after the line did must not be lost.
                    if let late = Self.nextSignal() { Self.takeEffect(late) }
                }
                return try readLine()
            }
            unsafe tcsetattr(descriptor, TCSAFLUSH, &original)
            write("\n")
            handlers.restore()
            // Ends the process, or stops it until it is continued; then the question is asked again.
            Self.takeEffect(signal)
        }
    }

    /// Sends the signal to this thread, which lets it in: the threads of the language's pool block all signals, and a
    /// signal for the whole process would come some time later, when our handler is back.
    private static func takeEffect(_ signal: Int32) {
        var wanted = sigset_t()
        var before = sigset_t()
        unsafe sigemptyset(&wanted)
        unsafe sigaddset(&wanted, signal)
        unsafe pthread_sigmask(SIG_UNBLOCK, &wanted, &before)
        raise(signal)
        unsafe pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    /// The signal that was noted longest ago and has not taken effect yet.
    private static func nextSignal() -> Int32? {
        var byte: UInt8 = 0
        return unsafe read(signalPipe.read, &byte, 1) == 1 ? Int32(byte) : nil
    }

    /// - Returns: the signal that came first, nil when a line did.
    private borrowing func waitForLine() -> Int32? {
        while true {
            var sources = [
                pollfd(fd: signalPipe.read, events: Int16(POLLIN), revents: 0),
                pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0),
            ]
            let count = unsafe poll(&sources, nfds_t(sources.count), -1)
            if let signal = Self.nextSignal() { return signal }
            if count > 0, sources[1].revents != 0 { return nil }
        }
    }
}

/// Handlers in place of the ones that were set; a signal that is ignored stays ignored.
private struct WatchedSignals {
    private var previous: [(signal: Int32, action: sigaction)] = []

    init(_ signals: [Int32]) {
        for signal in signals {
            var old = sigaction()
            guard unsafe sigaction(signal, nil, &old) == 0 else { continue }
            if unsafe unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            var new = sigaction()
            unsafe new.__sigaction_handler.sa_handler = noteSignal
            if unsafe sigaction(signal, &new, nil) == 0 { previous.append((signal, old)) }
        }
    }

    func restore() {
        for (signal, action) in previous {
            var action = action
            _ = unsafe sigaction(signal, &action, nil)
        }
    }
}
