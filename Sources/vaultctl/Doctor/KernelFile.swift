import Glibc
import Vault

/// A file in which the kernel tells something, below `/proc` or `/sys`.
enum KernelFile {
    /// - Returns: its text without the newline at its end; nil when this kernel has no such file.
    /// - Throws: code `inputOutput`.
    static func text(_ path: String) throws(VaultError) -> String? {
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(errno, "cannot read", path: path)
        }
        defer { close(file) }
        var text: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        // None that is read here is a hundredth of that.
        while text.count < 1 << 20 {
            let count = unsafe chunk.withUnsafeMutableBytes { unsafe Descriptor.read(into: $0, from: file) }
            guard count >= 0 else { throw .system(Int32(-count), "cannot read", path: path) }
            if count == 0 { break }
            text += chunk[..<count]
        }
        if text.last == 0x0a { text.removeLast() }
        return String(decoding: text, as: UTF8.self)
    }
}
