package import HTTPTypes
internal import Synchronization
package import Vault

/// A way out whose answers can be held back, so that a test decides what happens while a provider is being asked.
package final class AnswerGate: HTTPTransport {
    private struct State {
        var isOpen = true
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let transport: any HTTPTransport
    private let state = Mutex(State())

    package init(_ transport: any HTTPTransport) {
        self.transport = transport
    }

    package func close() { state.withLock { $0.isOpen = false } }

    package func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }

    package func send(
        _ request: HTTPRequest, body: borrowing SecretBytes
    ) async throws(HTTPTransportError) -> HTTPAnswer {
        let answer = try await transport.send(request, body: body)
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
        return answer
    }
}
