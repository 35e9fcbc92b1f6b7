import Dispatch
import Glibc

/// Makes the signals that ask a process to end let it end in good order.
struct StopSignals {
    private let sources: [any DispatchSourceSignal]

    /// Returns when the signals are looked for: until then they would end the process at once.
    ///
    /// - Parameter stop: may be called more than once, from any thread.
    init(_ stop: @escaping @Sendable () -> Void) {
        // One that is ignored stays ignored: nohup(1).
        sources = [SIGTERM, SIGINT, SIGHUP].filter { !Self.isIgnored($0) }.map { signal in
            let source = DispatchSource.makeSignalSource(signal: signal)
            let isRegistered = DispatchSemaphore(value: 0)
            source.setEventHandler(handler: stop)
            source.setRegistrationHandler { isRegistered.signal() }
            source.activate()
            isRegistered.wait()
            return source
        }
    }

    func cancel() {
        for source in sources { source.cancel() }
    }

    private static func isIgnored(_ signal: Int32) -> Bool {
        var action = sigaction()
        guard unsafe sigaction(signal, nil, &action) == 0 else { return false }
        return unsafe unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1
    }
}
