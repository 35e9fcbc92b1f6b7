import Testing
import Vault

@testable import VaultEndpoint

struct ListeningSocketTests {
    @Test func `a free port is taken and named`() throws {
        let socket = try ListeningSocket(at: .tcp(host: "localhost", port: 0))
        let bound = socket.port
        let port = try #require(bound)
        #expect(port != 0)
        let (authority, hosts) = (socket.authority, socket.hosts)
        #expect(authority == "127.0.0.1:\(port)")
        #expect(hosts == ["127.0.0.1:\(port)", "localhost:\(port)"])
    }

    @Test func `a port that somebody has is said to be taken`() throws {
        let socket = try ListeningSocket(at: .tcp(host: "127.0.0.1", port: 0))
        let bound = socket.port
        let port = try #require(bound)
        let error = #expect(throws: VaultError.self) {
            _ = try ListeningSocket(at: .tcp(host: "127.0.0.1", port: port))
        }
        #expect(error?.code == .exists)
        // Kept until here.
        _ = consume socket
    }

    @Test(arguments: ["0.0.0.0", "192.0.2.1", "::", "[::]", "128.0.0.1", "example.com", "", "127.1", "::1%lo"])
    func `there is no other interface than loopback`(host: String) {
        let error = #expect(throws: VaultError.self) { _ = try LoopbackAddress(host) }
        #expect(error?.code == .usage)
    }

    @Test(arguments: [("LocalHost", "127.0.0.1"), ("127.0.0.9", "127.0.0.9"), ("::1", "[::1]"), ("[::1]", "[::1]")])
    func `loopback has several addresses`(host: String, inURL: String) throws {
        #expect(try LoopbackAddress(host).inURL == inURL)
    }
}
