import Glibc
import Vault

/// A file whose content, without one newline at its end, opens a vault: 20 to 4,096 bytes (FORMAT.md).
struct KeyFile: ~Copyable {
    let path: String
    let contents: SecretBytes
    /// Whether it was made here, so that it may be taken away again.
    let isNew: Bool

    private init(path: String, contents: consuming SecretBytes, isNew: Bool) {
        self.path = path
        self.contents = contents
        self.isNew = isNew
    }

    /// Reads the file, or makes one of 32 random bytes in hexadecimal, mode 0600, on disk before this returns.
    ///
    /// - Throws: code `exists` when it can be neither read nor made, `usage` when it is too short or too long to be
    ///   a key.
    static func findOrMake(at path: String, console: Console) throws(VaultError) -> KeyFile {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(0o600))
        if descriptor >= 0 {
            defer { close(descriptor) }
            return try make(at: path, descriptor: descriptor)
        }
        guard errno == EEXIST else {
            throw VaultError(.exists, "the key file cannot be made at \(path): \(Descriptor.text(of: errno))")
        }
        let contents = try read(at: path, console: console)
        guard (20...4096).contains(contents.count) else {
            throw VaultError(
                .usage, "a key file has 20 to 4,096 bytes, with at least 160 random bits in them",
                hint: "name a file that does not exist yet, and it is made")
        }
        return KeyFile(path: path, contents: contents, isNew: false)
    }

    /// The secret in a key file.
    static func read(at path: String, console: Console) throws(VaultError) -> SecretBytes {
        let what = "the key file"
        return try SecretSource.contents(of: path, what: what, console: console).droppingNewline(what: what)
    }

    private static func make(at path: String, descriptor: Int32) throws(VaultError) -> KeyFile {
        let contents = SecretBytes.random(count: 32).hexadecimal
        var failure = contents.withBytes { span in
            unsafe span.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) }
        }
        let newline: [UInt8] = [0x0a]
        if failure == nil { failure = unsafe newline.withUnsafeBytes { unsafe Descriptor.write($0, to: descriptor) } }
        if failure == nil, fsync(descriptor) != 0 { failure = errno }
        if let failure {
            _ = unsafe unlink(path)
            throw VaultError(.inputOutput, "the key file could not be written: \(Descriptor.text(of: failure))")
        }
        return KeyFile(path: path, contents: contents, isNew: true)
    }

    /// Takes away a file that was made here and opens nothing.
    borrowing func removeIfMade() throws(VaultError) {
        guard isNew, unsafe unlink(path) != 0 else { return }
        throw VaultError(.inputOutput, "the key file at \(path) opens nothing and could not be removed again")
    }
}
