import Testing
@testable import Vault

struct SignedNoteTests {
    /// The example of golang.org/x/mod/sumdb/note.
    private let key = NoteVerifierKey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    private let text = """
        If you think cryptography is the answer to your problem,
        then you don't know what your problem is.

        """
    private let signature =
        "\u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

    private func parsed(_ encoded: String) -> SignedNote? { SignedNote(parsing: Array(encoded.utf8)) }

    @Test func `a note of another program is read, verified and written again`() throws {
        let note = try #require(parsed(text + "\n" + signature))
        #expect(note.text == text)
        #expect(note.isSigned(by: try #require(key)))
        #expect(note.encoded == text + "\n" + signature)
    }

    @Test func `another text, and another signature under the key's name, are not signed by it`() throws {
        let key = try #require(key)
        let other = try #require(parsed(text.uppercased() + "\n" + signature))
        #expect(!other.isSigned(by: key))
        let forged = SignedNote.Signature(keyName: key.name, keyID: key.id, bytes: [UInt8](repeating: 0, count: 64))
        let genuine = try #require(parsed(text + "\n" + signature)).signatures
        #expect(!SignedNote(text: text, signatures: genuine + [forged]).isSigned(by: key))
        #expect(!SignedNote(text: text, signatures: [forged]).isSigned(by: key))
    }

    @Test func `signatures of keys that nobody knows are passed over`() throws {
        let note = try #require(parsed(text + "\n\u{2014} witness.example AAAAAAE=\n" + signature))
        #expect(note.signatures.count == 2)
        #expect(note.isSigned(by: try #require(key)))
    }

    @Test func `a text may have empty lines`() throws {
        let note = try #require(parsed("one\n\ntwo\n\n" + signature))
        #expect(note.text == "one\n\ntwo\n")
    }

    @Test(arguments: [
        "", "\n", "text\n", "text\n\n", "text\n\n\n", "text\n\nno dash\n", "text\n\n\u{2014} name AAAA\n",
        "text\n\n\u{2014} na+me AAAAAAE=\n", "text\n\n\u{2014} AAAAAAE=\n", "text\n\n\u{2014} name AAAAAAF=\n",
        "text\n\n\u{2014} name AAAAAAE=", "te\u{1}xt\n\n\u{2014} name AAAAAAE=\n", "\n\n\u{2014} name AAAAAAE= \n",
    ])
    func `what is no note is refused`(encoded: String) {
        #expect(parsed(encoded) == nil)
    }

    @Test func `a note too long, and text that is no UTF-8, are refused`() {
        let long = String(repeating: "x", count: SignedNote.longest)
        #expect(parsed(long + "\n\n" + signature) == nil)
        #expect(SignedNote(parsing: [0xff] + Array("\n\n\(signature)".utf8)) == nil)
    }

    @Test(arguments: [
        "PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+AQ==",
    ])
    func `what is no verifier key is refused`(text: String) {
        #expect(NoteVerifierKey(text) == nil)
    }

    @Test func `a checkpoint is read as it is written, and in no other form`() throws {
        let root = sha256([])
        let checkpoint = Checkpoint(vaultID: [UInt8](0..<16), size: 1000, root: root)
        #expect(Checkpoint(parsing: checkpoint.text) == checkpoint)
        #expect(Checkpoint(parsing: checkpoint.text + "extension\n") == nil)
        #expect(Checkpoint(parsing: "origin\n01000\n\(root.base64)\n") == nil)
        #expect(Checkpoint(parsing: "origin\n+1000\n\(root.base64)\n") == nil)
        #expect(Checkpoint(parsing: "origin\n1000\n\(Array(root.dropLast()).base64)\n") == nil)
        #expect(Checkpoint(parsing: "\n1000\n\(root.base64)\n") == nil)
    }
}
