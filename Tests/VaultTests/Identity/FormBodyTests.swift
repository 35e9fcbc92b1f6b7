import Testing

@testable import Vault

@Suite struct FormBodyTests {
    @Test func `every byte but the unreserved ones is percent-encoded`() {
        let unreserved = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
        let digits = Array("0123456789ABCDEF")
        for byte in UInt8.min...UInt8.max {
            let encoded = text(FormBody.encoded(secret([byte])))
            let expected =
                unreserved.contains(byte)
                ? String(Character(Unicode.Scalar(byte))) : "%\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
            #expect(encoded == expected)
        }
    }

    @Test func `fields are joined in order`() {
        var form = FormBody()
        form.add("a b", "ä")
        form.add("secret", secret("x&y=z"))
        form.add("empty", "")
        #expect(text(form.finish()) == "a%20b=%C3%A4&secret=x%26y%3Dz&empty=")
    }

    @Test func `a form grows with its secret`() {
        let all = (0..<400 * 256).map { UInt8(truncatingIfNeeded: $0) }
        var form = FormBody()
        form.add("s", secret(all))
        // Of the 256 values 66 stay one byte, the others become three.
        let expected = 2 + 400 * (66 + 190 * 3)
        #expect(form.finish().count == expected)
    }
}

@Suite struct LockedBufferTests {
    @Test func `bytes come out as they went in, in whatever pieces`() {
        var buffer = LockedBuffer(capacity: 0)
        var expected: [UInt8] = []
        for size in [0, 1, 15, 16, 17, 1000, 0, 4096, 1] {
            let piece = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ expected.count) }
            secret(piece).withBytes { buffer.append($0) }
            buffer.append(0xff)
            expected += piece + [0xff]
        }
        #expect(buffer.count == expected.count)
        #expect(buffer.take().withBytes { $0.array } == expected)
        #expect(buffer.count == 0)
        #expect(buffer.take().count == 0)
    }
}
