import Glibc
import Testing
import Vault

@testable import VaultEndpoint

struct EndpointServerTests {
    private let settings = EndpointSettings(
        profile: try! ProfileName("ci"), clientID: "id", cloud: .azureCloud,
        header: SharedSecret(SecretBytes.random(count: 32)), path: "path")

    @Test(.timeLimit(.minutes(1)))
    func `a token that never comes does not hold the end`() async throws {
        let (asked, asks) = AsyncStream.makeStream(of: Void.self)
        let server = try await EndpointServer.bind(.tcp(host: "127.0.0.1", port: 0), settings: settings) {
            (_, _) throws(VaultError) in
            asks.yield()
            unsafe await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            throw VaultError(.internalError, "unreachable")
        }
        let port = try #require(server.port)
        let run = Task { try await server.run() }
        let client = connected(to: port)
        defer { close(client) }
        let lines = [
            "GET /path/databricks/token HTTP/1.1", "Host: localhost:\(port)", "X-Databricks-Metadata-Version: 1",
            "X-Databricks-Host: https://adb-1.azuredatabricks.net", "", "",
        ]
        let request = lines.joined(separator: "\r\n")
        #expect(unsafe send(client, request, request.utf8.count, 0) == request.utf8.count)
        for await _ in asked { break }
        server.stop()
        try await run.value
    }

    @Test(.timeLimit(.minutes(1)))
    func `what was stopped before it ran does not run`() async throws {
        let server = try await EndpointServer.bind(.tcp(host: "127.0.0.1", port: 0), settings: settings) {
            (_, _) throws(VaultError) in throw VaultError(.internalError, "unreachable")
        }
        let port = try #require(server.port)
        let early = connected(to: port)
        #expect(early >= 0)
        close(early)
        server.stop()
        #expect(connected(to: port) < 0)
        try await server.run()
    }

    /// - Returns: a socket; negative when nobody listens.
    private func connected(to port: UInt16) -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let code = unsafe withUnsafePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if code == 0 { return client }
        close(client)
        return -1
    }
}
