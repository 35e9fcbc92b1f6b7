private import Glibc

/// A small file in the state directory that is there as a whole or not at all. Nothing depends on it after a power loss, so
/// that it is not made durable.
struct KeptText {
    let path: String

    /// - Returns: nil when there is none.
    /// - Throws: code `inputOutput`.
    func read() throws(VaultError) -> [UInt8]? {
        do throws(Errno) {
            return try FileDescriptor.reading(path).read(atMost: SignedNote.longest + 1)
        } catch .noSuchFile {
            return nil
        } catch {
            throw .system(error.number, "cannot read", path: path)
        }
    }

    /// - Throws: code `inputOutput`.
    func write(_ text: String) throws(VaultError) {
        let temporary = "\(path).\(getpid())"
        do throws(Errno) {
            // Of a process that had our number, and died.
            _ = unsafe unlink(temporary)
            do {
                let file = try FileDescriptor(opening: temporary, O_WRONLY | O_CREAT | O_EXCL)
                try file.write(Array(text.utf8))
            }
            guard unsafe rename(temporary, path) == 0 else { throw Errno(number: errno) }
        } catch {
            _ = unsafe unlink(temporary)
            throw .system(error.number, "cannot write", path: path)
        }
    }

    /// - Throws: code `inputOutput`.
    func remove() throws(VaultError) {
        guard unsafe unlink(path) != 0, errno != ENOENT else { return }
        throw .system(errno, "cannot remove", path: path)
    }
}
