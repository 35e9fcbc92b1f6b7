private import CSodium

/// libsodium, made ready once for the process.
enum Sodium {
    /// True once `sodium_init` has run; it is false only where the kernel gives no random bytes.
    static let isReady: Bool = sodium_init() >= 0

    static func randomBytes(_ count: Int) -> [UInt8] {
        precondition(isReady, "no random generator")
        var bytes = [UInt8](repeating: 0, count: count)
        unsafe randombytes_buf(&bytes, count)
        return bytes
    }
}
