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
        sources = [SIGTERM, SIGINT, SIGHUP].filter { !SignalMask.isIgnored($0) }.map { signal in
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
}
