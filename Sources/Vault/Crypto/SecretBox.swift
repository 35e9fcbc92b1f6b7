private import CSodium

/// libsodium's secretbox (XSalsa20-Poly1305): encrypts and authenticates with a key of 32 and a nonce of 24 bytes.
enum SecretBox {
    static let nonceLength = 24
    /// More than opening takes of the stack, in bytes.
    private static let stackUse = 4096
    /// What a box is longer than its plaintext.
    static let overhead = 16

    static func seal(_ plaintext: RawSpan, nonce: [UInt8], key: RawSpan) -> [UInt8] {
        precondition(nonce.count == nonceLength && key.byteCount == 32)
        var box = [UInt8](repeating: 0, count: plaintext.byteCount + overhead)
        unsafe plaintext.withPointer { plaintext, count in
            unsafe key.withPointer { key, _ in
                _ = unsafe crypto_secretbox_easy(&box, plaintext, UInt64(count), nonce, key)
            }
        }
        return box
    }

    /// Writes the plaintext to `target`, which has exactly its length.
    ///
    /// - Returns: false when the box was not made with this key and nonce; `target` is then of no meaning.
    static func open(_ box: RawSpan, nonce: RawSpan, key: RawSpan, into target: inout MutableRawSpan) -> Bool {
        precondition(nonce.byteCount == nonceLength && key.byteCount == 32)
        precondition(box.byteCount >= overhead && target.byteCount == box.byteCount - overhead)
        return unsafe target.withMutablePointer { target, _ in unsafe open(box, nonce, key, target) }
    }

    /// The same to the first `count` bytes of an array that is written over again and again; for what is no secret.
    static func open(_ box: RawSpan, nonce: RawSpan, key: RawSpan, into target: inout [UInt8], count: Int) -> Bool {
        precondition(nonce.byteCount == nonceLength && key.byteCount == 32)
        precondition(box.byteCount == count + overhead && count <= target.count)
        return unsafe target.withUnsafeMutableBufferPointer { target in
            guard let start = target.baseAddress else { return false }
            return unsafe open(box, nonce, key, start)
        }
    }

    private static func open(
        _ box: RawSpan, _ nonce: RawSpan, _ key: RawSpan, _ target: UnsafeMutablePointer<UInt8>
    ) -> Bool {
        unsafe box.withPointer { box, count in
            unsafe nonce.withPointer { nonce, _ in
                unsafe key.withPointer { key, _ in
                    let code = unsafe crypto_secretbox_open_easy(target, box, UInt64(count), nonce, key)
                    // It leaves the first 32 bytes of the plaintext on the stack (block0 in libsodium 1.0.18): a whole
                    // key, where a key is what was opened.
                    sodium_stackzero(stackUse)
                    return code == 0
                }
            }
        }
    }
}
