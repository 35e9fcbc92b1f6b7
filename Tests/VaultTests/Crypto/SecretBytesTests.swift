import Testing
import VaultTesting
@testable import Vault

struct SecretBytesTests {
    private struct Failure: Error {}

    @Test func `bytes come out as they went in`() {
        #expect(SecretBytes("abc").exposedText == "abc")
        let isEmpty = SecretBytes().isEmpty
        #expect(isEmpty)
        #expect(SecretBytes("abc").appending(SecretBytes("def")).exposedText == "abcdef")
        #expect(SecretBytes("abcdef").slice(2..<4).exposedText == "cd")
        let equal = SecretBytes("abc").equals(SecretBytes("abc"))
        let other = SecretBytes("abc").equals(SecretBytes("abd"))
        let longer = SecretBytes("abc").equals(SecretBytes("abcd"))
        #expect(equal && !other && !longer)
    }

    @Test func `a failure while filling is passed on`() {
        #expect(throws: Failure.self) {
            _ = try SecretBytes(count: 8) { (_) throws(Failure) in throw Failure() }
        }
    }

    @Test func `padding hides the length within a block`() {
        for length in [0, 1, 255, 256, 511] {
            let bytes = [UInt8](repeating: 0x80, count: length)
            let padded = bytes.withRawSpan { Padding.pad($0, block: 512) }
            let (total, found) = padded.withBytes { ($0.byteCount, Padding.unpaddedLength($0, block: 512)) }
            #expect(total == 512 && found == length)
            let plain = padded.exposed
            #expect(Padding.unpaddedLength(ofPublic: plain, block: 512) == length)
        }
        let none = [UInt8](repeating: 0, count: 512).withRawSpan { Padding.unpaddedLength($0, block: 512) }
        #expect(none == nil)
    }
}
