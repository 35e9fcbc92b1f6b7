private import CSodium
private import Crypto

/// BLAKE2b, keyed or not (`crypto_generichash`; `B2` in FORMAT.md), fed piece by piece.
@safe
struct Blake2b: ~Copyable {
    // Its alignment of 64 bytes keeps Swift from importing the type; the memory is wiped when this goes.
    private let memory: UnsafeMutableRawPointer
    private let length: Int

    /// Without a key.
    init(length: Int = 32) {
        unsafe memory = unsafe Self.allocate()
        self.length = length
        _ = unsafe crypto_generichash_init(state, nil, 0, length)
    }

    /// With a key of 16 to 64 bytes.
    init(key: RawSpan, length: Int = 32) {
        precondition((16...64).contains(key.byteCount))
        unsafe memory = unsafe Self.allocate()
        self.length = length
        unsafe key.withPointer { _ = unsafe crypto_generichash_init(state, $0, $1, length) }
    }

    /// With a secret key of 16 to 64 bytes.
    init(key: borrowing SecretBytes, length: Int = 32) {
        self = key.withBytes { Blake2b(key: $0, length: length) }
    }

    deinit {
        unsafe sodium_memzero(memory, crypto_generichash_statebytes())
        unsafe memory.deallocate()
    }

    private static func allocate() -> UnsafeMutableRawPointer {
        .allocate(byteCount: crypto_generichash_statebytes(), alignment: 64)
    }

    private var state: OpaquePointer { unsafe OpaquePointer(memory) }

    mutating func update(_ bytes: [UInt8]) {
        _ = unsafe crypto_generichash_update(state, bytes, UInt64(bytes.count))
    }

    mutating func update(_ text: StaticString) {
        _ = unsafe crypto_generichash_update(state, text.utf8Start, UInt64(text.utf8CodeUnitCount))
    }

    mutating func update(_ span: RawSpan) {
        unsafe span.withPointer { _ = unsafe crypto_generichash_update(state, $0, UInt64($1)) }
    }

    /// The length of `bytes` as u32, then `bytes`: `L(x)` in FORMAT.md.
    mutating func updateLengthPrefixed(_ bytes: [UInt8]) {
        update(UInt32(bytes.count).littleEndianBytes)
        update(bytes)
    }

    /// The hash, where it is no secret.
    consuming func finish() -> [UInt8] {
        var hash = [UInt8](repeating: 0, count: length)
        _ = unsafe crypto_generichash_final(state, &hash, length)
        return hash
    }

    /// The hash as a key.
    consuming func finishSecret() -> SecretBytes {
        let length = self.length
        return SecretBytes(count: length) { finish(into: &$0) }
    }

    /// Writes the hash to the start of `target`; nothing can be added after.
    borrowing func finish(into target: inout MutableRawSpan) {
        precondition(target.byteCount >= length)
        unsafe target.withMutablePointer { start, _ in _ = unsafe crypto_generichash_final(state, start, length) }
    }
}

extension Blake2b {
    /// The keyed hash of `bytes`, in one step, as long as `target`.
    ///
    /// libsodium leaves its state on the stack. Only what wipes the stack next may call this with a key.
    static func hash(_ bytes: RawSpan, key: RawSpan, into target: inout MutableRawSpan) {
        unsafe target.withMutablePointer { target, length in
            unsafe bytes.withPointer { bytes, count in
                unsafe key.withPointer { key, keyLength in
                    _ = unsafe crypto_generichash(target, length, bytes, UInt64(count), key, keyLength)
                }
            }
        }
    }
}

/// SHA-256 of `bytes` (FIPS 180-4).
func sha256(_ bytes: [UInt8]) -> [UInt8] {
    bytes.withRawSpan { sha256($0) }
}

/// The same of bytes that lie elsewhere.
///
/// By swift-crypto, which uses what the processor has for it; libsodium's is plain C.
func sha256(_ bytes: RawSpan) -> [UInt8] {
    unsafe bytes.withUnsafeBytes { bytes in
        var hash = SHA256()
        unsafe hash.update(bufferPointer: bytes)
        return Array(hash.finalize())
    }
}

/// Whether both are equal, in a time that depends on their lengths alone.
func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return unsafe sodium_memcmp(left, right, left.count) == 0
}
