import Testing

@testable import VaultEndpoint

struct TCPSocketTableTests {
    private let client = TCPEnd(address: [127, 0, 0, 1], port: 0xD431)
    private let server = TCPEnd(address: [127, 0, 0, 1], port: 8080)

    /// As the kernel of a little-endian machine writes it.
    private let list = Array(
        """
          sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
           0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 70 1 0 100 0 0 10 0
           1: 0100007F:1F90 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 71 1 0 20 4 30 10 -1
         123: 0100007F:D431 0100007F:1F90 01 00000000:00000000 00:00000000 00000000  1001        0 72 1 0 20 4 30 10 -1
           3: 0100007F:D432 0100007F:1F90 06 00000000:00000000 03:00001770 00000000     0        0 0 3 0
        """.utf8)

    @Test func `the client's end is found and not the server's`() throws {
        let socket = TCPSocketTable.socket(
            in: list, try #require(client.spellings.first), try #require(server.spellings.first))
        #expect(socket == TCPSocketTable.Socket(uid: 1001, inode: 72))
    }

    @Test func `what is not there is not found`() throws {
        let other = TCPEnd(address: [127, 0, 0, 1], port: 0xD433)
        let server = try #require(server.spellings.first)
        #expect(TCPSocketTable.socket(in: list, try #require(other.spellings.first), server) == nil)
        #expect(TCPSocketTable.socket(in: [], try #require(client.spellings.first), server) == nil)
    }

    @Test func `a socket that has ended belongs to nobody`() throws {
        let ended = TCPEnd(address: [127, 0, 0, 1], port: 0xD432)
        let (own, other) = (try #require(ended.spellings.first), try #require(server.spellings.first))
        #expect(TCPSocketTable.socket(in: list, own, other) == nil)
    }

    @Test func `addresses are spelled in words of the machine`() {
        #expect(server.spellings == ["0100007F:1F90", "0000000000000000FFFF00000100007F:1F90"])
        let sixth = TCPEnd(address: [UInt8](repeating: 0, count: 15) + [1], port: 80)
        #expect(sixth.spellings == ["00000000000000000000000001000000:0050"])
    }
}
