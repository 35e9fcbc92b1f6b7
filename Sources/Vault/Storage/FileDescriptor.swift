internal import CLinux
private import Glibc

/// An open file: closed when it goes.
struct FileDescriptor: ~Copyable, Sendable {
    let number: Int32

    /// `open(2)` with `O_CLOEXEC | O_NOFOLLOW`.
    ///
    /// - Throws: the `errno` as ``Errno``.
    init(opening path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(Errno) {
        number = unsafe open(path, flags | O_CLOEXEC | O_NOFOLLOW, mode)
        guard number >= 0 else { throw Errno(number: errno) }
    }

    deinit { _ = close(number) }

    /// Opens a regular file to be read. What would make whoever opens or reads it wait, as a pipe does, is refused with
    /// `EINVAL`.
    static func reading(_ path: String) throws(Errno) -> FileDescriptor {
        let file = try FileDescriptor(opening: path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        var status = stat()
        guard unsafe fstat(file.number, &status) == 0 else { throw Errno(number: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw Errno(number: EINVAL) }
        return file
    }

    /// Writes all of `bytes`.
    borrowing func write(_ bytes: [UInt8]) throws(Errno) {
        var written = 0
        while written < bytes.count {
            let count = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(number, $0.baseAddress! + written, $0.count - written)
            }
            if count < 0 {
                if errno == EINTR { continue }
                throw Errno(number: errno)
            }
            written += count
        }
    }

    /// Reads to the end, at most `limit` bytes.
    borrowing func read(atMost limit: Int) throws(Errno) -> [UInt8] {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while bytes.count < limit {
            let wanted = min(chunk.count, limit - bytes.count)
            let count = unsafe Glibc.read(number, &chunk, wanted)
            if count < 0 {
                if errno == EINTR { continue }
                throw Errno(number: errno)
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return bytes
    }

    /// Makes what was written durable.
    borrowing func sync() throws(Errno) {
        guard fsync(number) == 0 else { throw Errno(number: errno) }
    }
}

/// The number that a system call left in `errno`.
struct Errno: Error, Equatable {
    let number: Int32

    static let noSuchFile = Errno(number: ENOENT)
    static let exists = Errno(number: EEXIST)
    static let isLink = Errno(number: ELOOP)
}
