import Testing
import VaultTesting
@testable import Vault

struct RecoveryCodeTests {
    @Test func `a code read back is the secret, however it is typed`() {
        for _ in 0..<100 {
            let secret = SecretBytes.random(count: RecoveryCode.secretLength)
            let text = RecoveryCode.text(of: secret).exposedText
            #expect(text.count == 44)
            let typed = text.lowercased().replacing("-", with: " ").replacing("1", with: "l").replacing("0", with: "o")
            let read = RecoveryCode.secret(from: SecretBytes(typed))?.exposed
            let original = secret.exposed
            #expect(read == original)
        }
    }

    @Test func `a wrong character is noticed`() {
        let text = RecoveryCode.text(of: SecretBytes.random(count: RecoveryCode.secretLength)).exposedText
        var found = 0
        for index in text.indices where text[index] != "-" {
            var wrong = text
            wrong.replaceSubrange(index...index, with: text[index] == "7" ? "8" : "7")
            if RecoveryCode.secret(from: SecretBytes(wrong))?.exposed == nil { found += 1 }
        }
        // The checksum has 20 bits: one in a million slips through.
        #expect(found == 36)
    }

    @Test(arguments: ["", "correct horse battery staple", "0000-0000", String(repeating: "0", count: 37)])
    func `what is no code is none`(_ text: String) {
        let secret = RecoveryCode.secret(from: SecretBytes(text))?.exposed
        #expect(secret == nil)
    }
}
