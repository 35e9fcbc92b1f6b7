import ArgumentParser
import ServiceLifecycle

/// A service that may finish what it is doing when it is told to stop, but not for long.
///
/// An answer that a fault holds back, or a client that keeps its connection open and does not reply to the end of TLS,
/// would hold back the end of the process by many seconds. There is nothing here that has to be saved.
struct BriefShutdown: Service {
    let service: any Service
    let grace: Duration

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await service.run()
        } onGracefulShutdown: {
            Task {
                try await Task.sleep(for: grace)
                EntraEmulatorCommand.exit()
            }
        }
    }
}
