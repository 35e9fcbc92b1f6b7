import Glibc
import Testing
import Vault

@testable import vaultctl

struct SecretReadingTests {
    /// Reads what a pipe gives, its newline dropped; nil when it was refused.
    private func read(_ bytes: [UInt8]) throws -> [UInt8]? {
        var template = Array("/tmp/vaultctl-test-XXXXXX".utf8CString)
        let file = unsafe mkstemp(&template)
        try #require(file >= 0)
        defer { close(file) }
        unsafe unlink(&template)
        #expect(unsafe bytes.withUnsafeBytes { unsafe Descriptor.write($0, to: file) } == nil)
        lseek(file, 0, SEEK_SET)
        do {
            let secret = try SecretBytes.reading(file, what: "the secret").droppingNewline(what: "the secret")
            return secret.withBytes { span in (0..<span.byteCount).map { span.byte(at: $0) } }
        } catch {
            #expect(error.code == .usage)
            return nil
        }
    }

    @Test func `one newline is dropped and nothing else`() throws {
        #expect(try read(Array("s3cret\n".utf8)) == Array("s3cret".utf8))
        #expect(try read(Array("s3cret\r\n".utf8)) == Array("s3cret".utf8))
        #expect(try read(Array("s3cret\n\n".utf8)) == Array("s3cret\n".utf8))
        #expect(try read(Array(" s \r".utf8)) == Array(" s \r".utf8))
    }

    @Test(arguments: [4095, 4096, 4097, 65536])
    func `long secrets come whole`(count: Int) throws {
        let bytes = (0..<count).map { UInt8(33 + $0 % 90) }
        #expect(try read(bytes) == bytes)
        #expect(try read(bytes + [10]) == bytes)
    }

    @Test func `nothing and too much are refused`() throws {
        #expect(try read([]) == nil)
        #expect(try read([10]) == nil)
        #expect(try read([UInt8](repeating: 65, count: 65537)) == nil)
        #expect(try read([UInt8](repeating: 65, count: 200_000)) == nil)
    }

    @Test func `two secrets are never read from one descriptor`() throws {
        let stdin = SecretSource.descriptor(0, option: "--secret-stdin")
        for other in [SecretSource.descriptor(0, option: "--passphrase-fd"), .file("/dev/stdin"), .file("/dev/fd/0")] {
            #expect(throws: VaultError.self) { try SecretSource.refuseSharing([stdin, other]) }
        }
        try SecretSource.refuseSharing([stdin, .descriptor(3, option: "--passphrase-fd"), .file("x"), .prompt, .prompt])
    }
}

struct PassphraseStrengthTests {
    private func strength(_ text: String) -> PassphraseStrength {
        let bytes = Array(text.utf8)
        return PassphraseStrength(
            of: SecretBytes(count: bytes.count) { span in
                for (index, byte) in bytes.enumerated() {
                    span.storeBytes(of: byte, toByteOffset: index, as: UInt8.self)
                }
            })
    }

    @Test(arguments: ["password1234", "aaaaaaaaaaaaaaaa", "12345678901234", "Summer2026!", "databricks", "Passw0rd"])
    func `what everybody tries first is weak`(text: String) {
        #expect(strength(text).bits < PassphraseStrength.enough)
    }

    @Test(arguments: ["correct horse battery staple", "x7#Qm!t2Lp9@vZ", "fünf völlig verschiedene wörter"])
    func `what nobody tries first is enough`(text: String) {
        #expect(strength(text).bits >= PassphraseStrength.enough)
    }

    @Test func `characters are counted, not bytes`() {
        #expect(strength("ääääääää").length == 8)
        #expect(!strength("ääääääää").isASCII)
        #expect(throws: VaultError.self) { try strength("ääää").judge(console: Console(isQuiet: true)) }
    }

    @Test func `a process's line is read whatever its command is called`() {
        #expect(ProcessStatus(line: "7 (a) b) S 42 7 7")?.parent == 42)
        #expect(ProcessStatus(line: "7 (a) b) S 42 7 7")?.command == "a) b")
        #expect(ProcessStatus(line: "nonsense") == nil)
    }
}
