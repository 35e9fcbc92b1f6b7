import Testing
import VaultProtos
import VaultTesting
@testable import Vault
@testable import VaultAgent

struct FrameHeaderTests {
    private func header(_ bytes: [UInt8]) throws(FrameHeader.Refusal) -> FrameHeader {
        try bytes.withRawSpan { (bytes) throws(FrameHeader.Refusal) in try FrameHeader(bytes) }
    }

    @Test func `a header is eight bytes`() throws {
        let bytes: [UInt8] = [0x07, 0x01, 0, 0, 1, 2, 0, 0]
        let header = try header(bytes)
        #expect(header == FrameHeader(kind: .secret, payloadLength: 0x103))
        #expect(header.frameLength == 0x10b)
        #expect(header.bytes == bytes)
    }

    @Test(arguments: [Frame.Kind.request, .secret, .part, .last], [0, 1, Frame.longestPayload])
    func `every kind and length comes back`(_ kind: Frame.Kind, _ length: Int) throws {
        let written = FrameHeader(kind: kind, payloadLength: length)
        #expect(written.bytes.count == Frame.headerLength)
        #expect(try header(written.bytes) == written)
    }

    @Test func `the longest frame has 64 KiB with its length`() throws {
        #expect(try header([0xfc, 0xff, 0, 0, 1, 4, 0, 0]).frameLength == 65_536)
        #expect(throws: FrameHeader.Refusal.tooLong(65_533)) { try header([0xfd, 0xff, 0, 0, 1, 4, 0, 0]) }
        #expect(throws: FrameHeader.Refusal.tooLong(.max)) { try header([255, 255, 255, 255, 1, 4, 0, 0]) }
    }

    @Test func `a length that does not cover the header is refused`() throws {
        #expect(try header([4, 0, 0, 0, 1, 1, 0, 0]).payloadLength == 0)
        #expect(throws: FrameHeader.Refusal.tooShort(3)) { try header([3, 0, 0, 0, 1, 1, 0, 0]) }
        #expect(throws: FrameHeader.Refusal.tooShort(0)) { try header([0, 0, 0, 0, 0, 0, 0, 0]) }
    }

    @Test func `another version is told apart from what is no frame`() {
        #expect(throws: FrameHeader.Refusal.otherVersion(2)) { try header([9, 0, 0, 0, 2, 77, 1, 1]) }
        #expect(throws: FrameHeader.Refusal.tooLong(0x5054_5448)) { try header(Array("HTTP/1.1".utf8)) }
    }

    @Test(arguments: [UInt8(0), 5, 255])
    func `an unknown kind is refused`(_ kind: UInt8) {
        #expect(throws: FrameHeader.Refusal.unknownKind(kind)) { try header([4, 0, 0, 0, 1, kind, 0, 0]) }
    }

    @Test func `what is reserved must be zero`() {
        #expect(throws: FrameHeader.Refusal.reservedNotZero(1)) { try header([4, 0, 0, 0, 1, 1, 1, 0]) }
        #expect(throws: FrameHeader.Refusal.reservedNotZero(0x100)) { try header([4, 0, 0, 0, 1, 1, 0, 1]) }
    }
}

struct FrameTests {
    @Test func `a message fills the frame behind the header`() throws {
        let frame = try Frame.bytes(.last, AgentAnswer(.count(300)))
        #expect(frame == [7, 0, 0, 0, 1, 4, 0, 0, 0x40, 0xac, 0x02])
    }

    @Test func `a secret follows its message in the same memory`() throws {
        let secret = SecretBytes("s3cret")
        let frames = try Frame.bytes(.last, AgentAnswer(.count(300)), followedBy: secret)
        #expect(
            frames.exposed == [7, 0, 0, 0, 1, 4, 0, 0, 0x40, 0xac, 0x02, 10, 0, 0, 0, 1, 2, 0, 0] + Array("s3cret".utf8)
        )
    }

    @Test func `what is longer than a frame is not made into one`() throws {
        var request = AgentRequest()
        // A tag and a length of three bytes.
        request.vault = String(repeating: "x", count: Frame.longestPayload - 4)
        #expect(try Frame.bytes(.request, request).count == Frame.longest)
        request.vault += "x"
        let code = #expect(throws: VaultError.self) { try Frame.bytes(.request, request) }?.code
        #expect(code == .internalError)
        let longest = SecretBytes(count: Frame.longestPayload) { _ in }
        let length = try Frame.bytes(.request, AgentRequest(), followedBy: longest).count
        #expect(length == Frame.headerLength + Frame.longest)
        let error = #expect(throws: VaultError.self) {
            _ = try Frame.bytes(
                .request, AgentRequest(), followedBy: SecretBytes(count: Frame.longestPayload + 1) { _ in })
        }
        #expect(error?.code == .internalError)
    }
}
