import EntraEmulator
import HTTPTypes
import Synchronization

@testable import Vault

/// A way out on which something happens while each request is under way.
final class InterruptedTransport: HTTPTransport {
    typealias Interruption = @Sendable () async throws -> Void

    private let emulator: EntraEmulator
    private let interruptions: Mutex<[Interruption]>

    /// - Parameter interruptions: one for each request, in order; none for those that follow.
    init(_ emulator: EntraEmulator, _ interruptions: [Interruption]) {
        self.emulator = emulator
        self.interruptions = Mutex(interruptions)
    }

    func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        let next = interruptions.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        do {
            try await next?()
        } catch {
            throw .malformed("the interruption failed: \(error)")
        }
        return try await emulator.send(request, body: body)
    }
}
