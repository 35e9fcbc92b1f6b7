private import Glibc

extension VaultError {
    /// A system call failed with `errno`.
    ///
    /// - Parameter path: shown as it is; paths are no secret.
    package static func system(_ number: Int32, _ doing: String, path: String) -> VaultError {
        VaultError(.inputOutput, "\(doing) \(path): \(systemMessage(number))")
    }
}

/// The C library's words for `number`, lower case as all our messages are.
package func systemMessage(_ number: Int32) -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    // strerror may share its buffer between threads; strerror_r, here in POSIX' form, writes to ours.
    guard unsafe strerror_r(number, &buffer, 256) == 0 else { return "error \(number)" }
    let text = String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.prefix(1).lowercased() + text.dropFirst()
}
