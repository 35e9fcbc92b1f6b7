import HTTPTypes
import Testing
import Vault

@testable import EntraEmulator

@Suite struct TransportTests {
    private let request = HTTPRequest(
        method: .post, scheme: "https", authority: "localhost:8443", path: "/\(Example.tenant)/oauth2/v2.0/token"
    )

    private func form() -> SecretBytes {
        let bytes = [UInt8](Example.form().utf8)
        return unsafe SecretBytes(copying: bytes.span.bytes)
    }

    @Test func `a token comes back in locked memory`() async throws {
        let answer = try await Example.emulator().send(request, body: form())
        #expect(answer.head.status == .ok)
        let text = answer.body.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
        }
        #expect(text.contains(#""token_type":"Bearer""#))
    }

    @Test(arguments: [
        (Fault(.replyLost), HTTPTransportError.unreachable("the connection was closed without an answer")),
        (Fault(.wrongLength), .unreachable("the connection was closed in the middle of an answer")),
        (Fault(.huge), .tooLong(limit: HTTPAnswer.maximumBody)),
        (Fault(.slow), .timedOut),
    ])
    func `a fault of the connection is a transport's error`(fault: Fault, error: HTTPTransportError) async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(fault)
        await #expect(throws: error) { _ = try await emulator.send(request, body: form()) }
        #expect(await emulator.requests.count == 1)
    }

    @Test func `a redirect is an answer like any other`() async throws {
        let emulator = try await Example.emulator()
        await emulator.inject(Fault(.redirect, location: "https://evil.example/"))
        let answer = try await emulator.send(request, body: form())
        #expect(answer.head.status == .found)
        #expect(answer.head.headerFields[.location] == "https://evil.example/")
    }
}
