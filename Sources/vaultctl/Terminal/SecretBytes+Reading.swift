import Glibc
import Vault

extension SecretBytes {
    /// The longest secret that is taken, in bytes: 64 KiB.
    static let longest = 64 << 10

    /// Reads everything up to the end of `descriptor` into locked memory.
    ///
    /// - Parameters:
    ///   - what: names the secret in errors.
    ///   - expected: how many bytes there seem to be, so that they need not be moved.
    /// - Throws: code `inputOutput` when reading fails, `usage` when it is longer than `longest`.
    static func reading(
        _ descriptor: Int32, what: String, longest: Int = longest, expected: Int = 4095
    ) throws(VaultError) -> SecretBytes {
        var secret = SecretBytes()
        var capacity = expected + 1
        while true {
            // A larger owner takes over what is there; the smaller one is wiped when it is let go.
            var used = secret.count
            let space = capacity
            let grown = try SecretBytes(count: space) { (span: inout MutableRawSpan) throws(VaultError) in
                secret.copyBytes(to: &span)
                used = try span.fill(from: descriptor, after: used, what: what)
            }
            let isComplete = used < space
            secret = grown.first(used)
            guard secret.count <= longest + 2 else {
                throw VaultError(.usage, "\(what) is longer than \(longest >> 10) KiB")
            }
            if isComplete { return secret }
            capacity *= 2
        }
    }

    /// The secret without one newline (LF or CRLF) at its end.
    ///
    /// - Throws: code `usage` when nothing is left, or more than ``longest``.
    consuming func droppingNewline(what: String) throws(VaultError) -> SecretBytes {
        let length = withBytes { bytes in
            var length = bytes.byteCount
            if length > 0, bytes.byte(at: length - 1) == 0x0a {
                length -= 1
                if length > 0, bytes.byte(at: length - 1) == 0x0d { length -= 1 }
            }
            return length
        }
        guard length > 0 else { throw VaultError(.usage, "\(what) is empty") }
        guard length <= Self.longest else {
            throw VaultError(.usage, "\(what) is longer than \(Self.longest >> 10) KiB")
        }
        return first(length)
    }

    /// The first bytes as an owner of their own.
    borrowing func first(_ length: Int) -> SecretBytes {
        withBytes { SecretBytes(copying: $0.extracting(first: length)) }
    }

    private borrowing func copyBytes(to span: inout MutableRawSpan) {
        withBytes { source in
            unsafe source.withUnsafeBytes { from in
                unsafe span.withUnsafeMutableBytes { to in unsafe to.copyMemory(from: from) }
            }
        }
    }
}

extension MutableRawSpan {
    /// Reads from `descriptor` into what follows the first `used` bytes, until it is full or there is no more.
    /// - Returns: how many bytes are used now.
    fileprivate mutating func fill(
        from descriptor: Int32, after used: Int, what: String
    ) throws(VaultError) -> Int {
        var used = used
        while used < byteCount {
            let count = unsafe withUnsafeMutableBytes { space in
                unsafe Descriptor.read(
                    into: UnsafeMutableRawBufferPointer(rebasing: space.dropFirst(used)), from: descriptor)
            }
            guard count >= 0 else {
                throw VaultError(
                    .inputOutput, "\(what) could not be read: \(Descriptor.text(of: Int32(-count)))")
            }
            if count == 0 { break }
            used += count
        }
        return used
    }
}
