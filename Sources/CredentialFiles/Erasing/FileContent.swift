private import Glibc
package import Vault

/// Whole files, in and out of locked memory.
package enum FileContent {
    /// Reads a file from its beginning.
    ///
    /// - Parameter count: its size; a file that grew or shrank meanwhile is an error.
    /// - Throws: code `inputOutput`.
    package static func read(_ descriptor: Int32, count: Int, path: String) throws(VaultError) -> SecretBytes {
        try SecretBytes(count: count) { (target: inout MutableRawSpan) throws(VaultError) in
            var done = 0
            while done < count {
                let taken = unsafe target.withUnsafeMutableBytes { bytes in
                    unsafe pread(descriptor, bytes.baseAddress.map { unsafe $0 + done }, count - done, off_t(done))
                }
                if taken < 0 {
                    if errno == EINTR { continue }
                    throw .system(errno, "cannot read", path: path)
                }
                guard taken > 0 else { throw VaultError(.tryAgain, "\(path) became shorter while it was read") }
                done += taken
            }
        }
    }

    /// Writes all of `bytes` at `offset`.
    ///
    /// - Returns: the error number when that failed.
    static func write(_ bytes: RawSpan, to descriptor: Int32, at offset: Int = 0) -> Int32? {
        unsafe bytes.withUnsafeBytes { bytes in
            var done = 0
            while done < bytes.count {
                let taken = unsafe pwrite(
                    descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, off_t(offset + done))
                if taken < 0 {
                    if errno == EINTR { continue }
                    return errno
                }
                done += taken
            }
            return nil
        }
    }

    /// Overwrites the first `count` bytes of a file with zeros, and makes that durable.
    ///
    /// - Returns: the error number when that failed.
    static func overwrite(_ descriptor: Int32, count: Int) -> Int32? {
        let zeros = [UInt8](repeating: 0, count: 64 << 10)
        var offset = 0
        while offset < count {
            let length = min(zeros.count, count - offset)
            let failure = zeros.withRawSpan { write($0.extracting(first: length), to: descriptor, at: offset) }
            if let failure { return failure }
            offset += length
        }
        return fsync(descriptor) == 0 ? nil : errno
    }
}
