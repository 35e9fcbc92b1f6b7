import Testing
import VaultEndpoint

struct EndpointAddressTests {
    @Test func `addresses differ by port`() {
        #expect(EndpointAddress.tcp(host: "127.0.0.1", port: 1) != .tcp(host: "127.0.0.1", port: 2))
    }
}
