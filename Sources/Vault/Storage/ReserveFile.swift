private import Glibc

/// Room on the disk that is set aside while a secret is made that will be shown once: when the disk is full by then, the room
/// is given back and the secret stored in it.
package struct ReserveFile: Sendable {
    let path: String

    /// Bytes: several times what one transaction takes, the copy of what it changes included.
    package static let size = 1 << 20

    /// Sets the room aside, unless it is already.
    ///
    /// - Throws: code `inputOutput` when there is none.
    func make() throws(VaultError) {
        do throws(Errno) {
            let file = try FileDescriptor(opening: path, O_RDWR | O_CREAT | O_NOFOLLOW)
            let error = posix_fallocate(file.number, 0, off_t(Self.size))
            guard error == 0 else { throw Errno(number: error) }
        } catch {
            throw .system(error.number, "cannot set room aside for a new secret", path: path)
        }
    }

    /// Gives the room back. Where that fails there is no more room than before, which is found out next.
    func release() {
        _ = unsafe unlink(path)
    }
}
