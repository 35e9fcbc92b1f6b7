import Glibc
import Vault

/// Text with places where a token belongs.
struct SplicedText {
    private(set) var text = ByteText()
    /// How many bytes stand before each token.
    private(set) var tokens: [Int] = []

    mutating func append(_ text: String) { self.text.append(text) }
    mutating func append(json text: String) { self.text.append(json: text) }
    mutating func append(spaces count: Int) { text.append(spaces: count) }
    mutating func appendToken() { tokens.append(text.bytes.count) }
}

extension StandardOutput {
    /// Writes text and, in its places, a secret from the memory it lives in, in one call where the system takes it so.
    static func write(_ text: SplicedText, splicing secret: borrowing SecretBytes) throws(VaultError) {
        guard !text.tokens.isEmpty else { return try write(text.text.bytes) }
        let failure = secret.withBytes { secret in
            unsafe secret.withUnsafeBytes { secret in
                unsafe text.text.bytes.withUnsafeBytes { bytes in
                    var parts: [UnsafeRawBufferPointer] = unsafe []
                    var done = 0
                    for place in text.tokens {
                        unsafe parts += [UnsafeRawBufferPointer(rebasing: bytes[done..<place]), secret]
                        done = place
                    }
                    unsafe parts.append(UnsafeRawBufferPointer(rebasing: bytes[done...]))
                    return unsafe Descriptor.write(parts, to: STDOUT_FILENO)
                }
            }
        }
        if let failure { throw cannotWrite(failure) }
    }
}
